//! A rotation that the screen has opened: the keeper drives it over the vault, and each
//! program runs on a thread of its own, whose end comes back through the loop.
//!
//! A lock cancels the program and drops the drive. What was begun stands in the journal of
//! the secret, so that whoever unlocks next knows what nobody has seen the end of.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::rotation::decide::Goal;
use crate::rotation::drive::{Advance, Drive, Outcome, Running, Source, Start};
use crate::rotation::step::{self, Cancel, How, Prepared, StepEnd};
use crate::secret_text::SecretText;
use crate::tui::event::{Answer, Event};
use crate::tui::rotating::{Begun, End, Ended, Heard, News, Order, Way, What};
use crate::vault::Vault;
use crate::vault::rotation::{StepKind, Turn};
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::keeper::Keeper;
use super::serve;

/// What the keeper drives.
#[derive(Default)]
pub(super) struct Driving {
    at_work: Option<AtWork>,
    /// The program that runs, or did when the vault was locked; gone once it has ended.
    program: Option<(SecretId, Weak<()>)>,
    /// How many programs were started.
    runs: u64,
}

/// The rotation that is open.
struct AtWork {
    drive: Drive,
    id: SecretId,
    /// It rests after one step.
    one_step: bool,
    cancel: Cancel,
}

impl Driving {
    /// Ends the program that runs; nothing is heard of it any more.
    pub(super) fn drop_all(&mut self) {
        if let Some(work) = self.at_work.take() {
            work.cancel.cancel();
        }
    }

    /// Refuses a second rotation beside the one that is driven.
    fn check(&self, vault: &mut Vault, id: SecretId) -> Result<()> {
        if let Some(work) = &self.at_work {
            let address = work.drive.address();
            return Err(Error::busy(format!("The rotation of {address} is running here."))
                .hint("Wait for its end, or stop its step."));
        }
        let ends = self.program.as_ref().filter(|(ended, alive)| *ended == id && alive.strong_count() > 0);
        if ends.is_some() {
            let address = vault.secret(id)?.address;
            return Err(Error::busy(format!("The step of {address} that the lock cut off is still being ended."))
                .hint("Try again in some seconds."));
        }
        Ok(())
    }
}

impl Keeper {
    /// Does what was ordered about a rotation, as far as the next program.
    pub(super) fn rotate(&mut self, order: Order) {
        match order {
            Order::Stop => {
                if let Some(work) = &self.driving.at_work {
                    work.cancel.cancel();
                }
            }
            Order::Ended(ended) => self.step_ended(ended),
            order => match self.open_rotation(order) {
                Ok(Some(work)) => {
                    self.look();
                    self.tell(work.id, work.drive.address().clone(), What::Opened);
                    self.advance(work);
                }
                Ok(None) => {}
                Err(error) => {
                    self.look();
                    self.answer(Answer::Failed(error));
                }
            },
        }
    }

    fn open_rotation(&mut self, order: Order) -> Result<Option<AtWork>> {
        let opened = self.open_drive(order)?;
        let (drive, id, one_step) = match opened {
            Opened::Drive(drive, id, one_step) => (*drive, id, one_step),
            Opened::Same(answer) => {
                self.answer(*answer);
                return Ok(None);
            }
            Opened::Retired(outcome) => {
                let secret = outcome.secret();
                let (id, address) = (secret.id, secret.address.clone());
                self.look();
                self.tell(id, address.clone(), What::Opened);
                self.tell(id, address, What::Done { told: outcome.told(), end: End::Retired });
                return Ok(None);
            }
        };
        Ok(Some(AtWork { drive, id, one_step, cancel: Cancel::new() }))
    }

    fn open_drive(&mut self, order: Order) -> Result<Opened> {
        let driving = &self.driving;
        let Some(vault) = self.vault.unlocked() else {
            return Err(Error::locked("The vault is locked.").hint("Unlock it first."));
        };
        match order {
            Order::Begin { address, source, goal, reason, expected, allow_same } => {
                let id = vault.find(&address)?.id;
                driving.check(vault, id)?;
                if let (Source::Given(fields), false) = (&source, allow_same)
                    && let Some(same) = serve::changes_nothing(vault, &address, fields, expected)
                {
                    return Ok(Opened::Same(Box::new(same)));
                }
                let start = Start { source, grace: None, goal, by_hand: false, reason: &reason, expected };
                Ok(Opened::Drive(Box::new(Drive::begin(vault, &address, start)?), id, false))
            }
            Order::GoOn { id, goal, way, unlooked, reason } => {
                driving.check(vault, id)?;
                let drive = match way {
                    Way::ByHand => Drive::by_hand(vault, id, goal, &reason)?,
                    Way::Steps | Way::OneStep => Drive::resume(vault, id, goal, &reason)?,
                };
                Ok(Opened::Drive(Box::new(drive.unlooked(unlooked)), id, way == Way::OneStep))
            }
            Order::Retire { id, by_hand, reason } => {
                driving.check(vault, id)?;
                let secret = vault.secret(id)?;
                if secret.rotation.stage.is_some() {
                    return Err(Error::conflict(format!("{} has a pending version.", secret.address))
                        .hint("Promote it or abort it first; then there is another previous version."));
                }
                if secret.rotation.revoke.is_none() {
                    return Ok(Opened::Retired(Box::new(Outcome::Retired(vault.retire(id, by_hand, &reason)?))));
                }
                let drive = match by_hand {
                    true => Drive::by_hand(vault, id, Goal::Promoted, &reason)?,
                    false => Drive::resume(vault, id, Goal::Promoted, &reason)?,
                };
                Ok(Opened::Drive(Box::new(drive), id, false))
            }
            Order::Stop | Order::Ended(_) => Err(Error::failure("No rotation was named.")),
        }
    }

    /// Tells the list's changes first, then what happened.
    fn tell(&mut self, id: SecretId, address: Address, what: What) {
        let secret = self.vault.unlocked().and_then(|vault| vault.secret(id).ok()).map(Box::new);
        self.answer(Answer::Rotation(Box::new(News { id, address, secret, what })));
    }

    /// What could not be gone on with; keys that open nothing any more lock the screen.
    fn broke_off(&mut self, work: AtWork, error: Error) {
        self.look();
        if error.kind() == Kind::Locked {
            return self.answer(Answer::Failed(error));
        }
        self.tell(work.id, work.drive.address().clone(), What::Failed(error));
    }

    /// Goes on up to the next program, or to the end.
    fn advance(&mut self, mut work: AtWork) {
        loop {
            let Some(vault) = self.vault.unlocked() else { return };
            let address = work.drive.address().clone();
            let running = match work.drive.advance(vault) {
                Ok(Advance::Step(running)) => *running,
                Ok(Advance::Done(outcome)) => {
                    self.look();
                    return self.tell(work.id, address, What::Done { told: outcome.told(), end: end(&outcome) });
                }
                Err(error) => return self.broke_off(work, error),
            };
            let (kind, turn) = (running.kind, running.turn());
            let Running { of, program, .. } = running;
            self.look();
            self.tell(work.id, address, What::Began(Begun { kind, of, since: (self.clock())() }));
            let not_started = match program {
                Ok(prepared) => match self.start_program(&mut work, kind, turn, prepared) {
                    Ok(()) => {
                        self.driving.at_work = Some(work);
                        return;
                    }
                    Err(error) => error,
                },
                Err(error) => error,
            };
            match self.take_down(work, kind, turn, never_started(not_started)) {
                Some(still) => work = still,
                None => return,
            }
        }
    }

    /// Runs a program on a thread of its own.
    fn start_program(&mut self, work: &mut AtWork, kind: StepKind, turn: Turn, prepared: Prepared) -> Result<()> {
        let alive = Arc::new(());
        self.driving.program = Some((work.id, Arc::downgrade(&alive)));
        self.driving.runs += 1;
        let run = self.driving.runs;
        work.cancel = Cancel::new();
        let (cancel, mailbox) = (work.cancel.clone(), self.mailbox().clone());
        let program = move || {
            let end = step::run(prepared, &cancel);
            drop(alive);
            mailbox.send(Event::StepEnded(Box::new(Ended { run, kind, turn, end })));
        };
        let started = std::thread::Builder::new().name("step".into()).spawn(program);
        started.map(drop).map_err(|error| Error::failure(format!("No thread could be started for the step: {error}.")))
    }

    /// A program has ended, and its rotation goes on, unless nobody drives it any more.
    fn step_ended(&mut self, ended: Ended) {
        let Ended { run, kind, turn, end } = ended;
        if run != self.driving.runs {
            return;
        }
        let Some(work) = self.driving.at_work.take() else { return };
        if let Some(work) = self.take_down(work, kind, turn, end) {
            self.advance(work);
        }
    }

    /// Writes down how a step ended; `None` where nothing is to follow.
    fn take_down(&mut self, mut work: AtWork, kind: StepKind, turn: Turn, end: StepEnd) -> Option<AtWork> {
        let vault = self.vault.unlocked()?;
        let told = match work.drive.ended(vault, kind, turn, end) {
            Ok(told) => told,
            Err(error) => {
                self.broke_off(work, error);
                return None;
            }
        };
        // Trying the current value is no step of its own: it belongs to what follows.
        work.one_step &= told.done.end.is_good();
        let rests = work.one_step && !told.done.tries_current();
        let heard = Heard {
            done: told.done,
            error: told.error.map(|error| error.in_full()),
            shown: told.shown,
            warning: told.warning,
            as_meant: told.as_meant,
        };
        self.look();
        let address = work.drive.address().clone();
        self.tell(work.id, address.clone(), What::Heard(Box::new(heard)));
        if rests {
            self.tell(work.id, address, What::Rests);
            return None;
        }
        Some(work)
    }
}

/// What an order came to.
enum Opened {
    Drive(Box<Drive>, SecretId, bool),
    Same(Box<Answer>),
    Retired(Box<Outcome>),
}

fn end(outcome: &Outcome) -> End {
    match outcome {
        Outcome::Ready(_) | Outcome::Refused(_) => End::Waits,
        Outcome::Promoted(_) | Outcome::PromotedWorking(_) => End::Promoted,
        Outcome::Aborted(_) | Outcome::NotMade(_) => End::Aborted,
        Outcome::Retired(_) => End::Retired,
        Outcome::Unsettled(_) | Outcome::NotRetired(_) => End::Open,
    }
}

fn never_started(error: Error) -> StepEnd {
    StepEnd { how: How::NotStarted(error), took: Duration::ZERO, shown: String::new(), printed: SecretText::new() }
}
