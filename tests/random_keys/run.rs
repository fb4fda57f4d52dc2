//! [`Run`]: keys, answers that come late, sizes, pastes and time, and what must hold.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use strongroom::crypto::keyring::RawKey;
use strongroom::error::Error;
use strongroom::secret_text::SecretText;
use strongroom::tui::action::Context;
use strongroom::tui::dialogs::Dialog;
use strongroom::tui::effect::{Effect, Request};
use strongroom::tui::event::{Answer, ClipboardNews, Event, Found, Mouse, MouseAction, Signal};
use strongroom::tui::files::Completion;
use strongroom::tui::job::Job;
use strongroom::tui::keymap::Keymap;
use strongroom::tui::theme::{Borders, Palette, Theme};
use strongroom::vault::generate::generate;

use crate::keys::{self, Random};
use crate::place::{MARK, Place};
use crate::screen::{Screen, key_event, kind, rows, tmux_panes};

/// A value on the screen is hidden again after so long.
const SHOWN: Duration = Duration::from_secs(10);
/// So many steps out lead from anywhere to the list.
const STEPS_OUT: usize = 12;

/// One application from its start, and again when it was left.
pub(crate) struct Run {
    seed: u64,
    step: usize,
    random: Random,
    keymap: Keymap,
    screen: Screen,
    place: Place,
    /// What is on its way to the screen.
    coming: VecDeque<Event>,
    job: Option<Box<Job>>,
    /// Until when a value may be seen that was asked for.
    shown_until: Duration,
    /// The open dialog was given a value.
    opened: bool,
    before: (Option<Context>, Option<&'static str>),
    /// The dialog that is open, maybe below the help.
    below: Option<&'static str>,
    /// What was met, and how often.
    met: Met,
}

/// Names of what was met, and how often.
pub(crate) type Met = BTreeMap<String, usize>;

impl Run {
    pub(crate) fn new(seed: u64) -> Self {
        let mut run = Self {
            seed,
            step: 0,
            random: Random::new(seed),
            keymap: Keymap::default(),
            screen: Screen::started_in_tmux(80, 24),
            place: Place::new(),
            coming: VecDeque::new(),
            job: None,
            shown_until: Duration::ZERO,
            opened: false,
            before: (None, None),
            below: None,
            met: Met::new(),
        };
        run.start();
        run
    }

    /// The application starts, mostly with a vault that opens at once.
    fn start(&mut self) {
        let found = self.place.start();
        self.coming.clear();
        self.job = None;
        self.screen = Screen::started_in_tmux(80, 24);
        if self.random.once_in(8) {
            self.happens(Event::Vault(Answer::Found(Found::Nothing)));
            return;
        }
        for answer in found {
            self.happens(Event::Vault(answer));
        }
        if !self.random.once_in(8) {
            self.unlock();
        }
    }

    /// Presses so many keys; gives what was met.
    pub(crate) fn press(mut self, keys: usize) -> Met {
        let mut pressed = 0;
        while pressed < keys {
            self.surprise();
            let next = keys::next(&mut self.random, &self.screen.state, &self.keymap);
            for key in next.into_iter().take(keys - pressed) {
                pressed += 1;
                self.step += 1;
                if keys::ends(&self.screen.state, &self.keymap, key) && !self.random.once_in(12) {
                    continue;
                }
                if key == keys::NAME {
                    let name = asked_for(&self.screen.text());
                    self.screen.type_text(&name);
                    self.carry_out();
                } else {
                    self.happens(Event::Key(key));
                }
                if !self.random.once_in(3) {
                    let most = 1 + self.random.below(4);
                    self.deliver(most);
                }
                self.look();
            }
            if self.random.once_in(120) {
                self.gets_out();
            }
        }
        self.meet(std::iter::repeat_n("key".to_owned(), pressed));
        self.met
    }

    /// What comes between keys.
    fn surprise(&mut self) {
        match self.random.below(150) {
            0..6 => {
                let (width, height) = (self.random.below(141), self.random.below(46));
                self.resize(width, height);
            }
            6..10 => self.resize(80, 24),
            10..14 => {
                let pasted = *self.random.one(&[
                    "x\u{202e}\n\u{1f511}",
                    "DB_USER=ops\nDB_PASSWORD='hunter2'\n",
                    "{\"user\": \"a\", \"password\": \"b\"}",
                    "-----BEGIN KEY-----\r\nAAAA\r\n-----END KEY-----\r\n",
                    "\u{1b}[31m\u{7}\0",
                    "",
                ]);
                self.happens(Event::Paste(SecretText::copied_from(pasted.as_bytes())));
            }
            14..18 => {
                let seconds = *self.random.one(&[0, 1, 3, 12, 70]);
                self.waits(Duration::from_secs(seconds));
            }
            18 => self.waits(Duration::from_secs(400)),
            19..24 => {
                let told = self.place.meddle(&mut self.random);
                self.told(told);
            }
            24 => self.happens(Event::Vault(Answer::Failed(Error::busy("The vault is in use.")))),
            25..28 => {
                let what = *self.random.one(&[MouseAction::Click, MouseAction::WheelUp, MouseAction::WheelDown]);
                let (column, row) = (self.random.below(141), self.random.below(46));
                let (column, row) = (u16::try_from(column).unwrap(), u16::try_from(row).unwrap());
                self.happens(Event::Mouse(Mouse { what, column, row }));
            }
            28 if self.random.once_in(4) => self.happens(Event::Signal(Signal::Lock)),
            29 => self.happens(Event::Resumed),
            80..100 => {
                let told = if self.random.once_in(3) { self.place.look() } else { self.place.go_on() };
                self.told(told);
            }
            30..80 => self.deliver(8),
            _ => {}
        }
    }

    fn resize(&mut self, width: usize, height: usize) {
        let (width, height) = (u16::try_from(width).unwrap(), u16::try_from(height).unwrap());
        self.happens(Event::Resize { width, height });
    }

    /// Time goes by, with a tick at each deadline.
    fn waits(&mut self, duration: Duration) {
        self.screen.wait(duration);
        self.carry_out();
    }

    /// Hands an event over and carries out what is asked.
    fn happens(&mut self, event: Event) {
        if let Event::Vault(Answer::Revealed { .. } | Answer::ReadyToEdit { .. }) = &event {
            // The dialog that is open by now gets it, also when it was not looked at yet.
            self.follow_dialog();
            self.shown_until = self.screen.elapsed + SHOWN;
            self.opened = true;
        }
        self.screen.elapsed += Duration::from_millis(40);
        self.screen.event(event);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        for effect in self.screen.take_effects() {
            match effect {
                Effect::Vault(request) => self.ask(request),
                Effect::Generate(recipe) => self.coming.push_back(Event::Generated(generate(&recipe).unwrap())),
                Effect::GenerateRawKey(wanted) => {
                    self.coming.push_back(Event::RawKey(wanted, RawKey::generate().unwrap()));
                }
                Effect::Copy { address, .. } => {
                    let (route, clear_after) = ("terminal clipboard (OSC 52)", Duration::from_secs(20));
                    let news = ClipboardNews::Sent { address, route, confirmed: false, clear_after };
                    self.coming.push_back(Event::Clipboard(news));
                }
                Effect::CopyText(_) => {
                    let route = "X11 clipboard";
                    self.coming.push_back(Event::Clipboard(ClipboardNews::TextSent { route, confirmed: true }));
                }
                Effect::ClearClipboard { typed } => {
                    self.coming.push_back(Event::Clipboard(match typed {
                        true => ClipboardNews::Cleared { confirmed: false },
                        false => ClipboardNews::ClearPending,
                    }));
                }
                Effect::Typed => self.coming.push_back(Event::Clipboard(ClipboardNews::Cleared { confirmed: false })),
                Effect::KeepClipboard => self.coming.push_back(Event::Clipboard(ClipboardNews::Kept)),
                Effect::TestClipboard => self.coming.push_back(Event::Clipboard(ClipboardNews::TestSent {
                    word: "word".to_owned(),
                    route: "terminal clipboard (OSC 52)",
                })),
                Effect::Focus(_) | Effect::RememberClipboard { .. } => {}
                Effect::ListTmuxPanes => {
                    let listed = match self.random.below(4) {
                        0 => Err(Error::busy("tmux did not answer within 1.5 s.")),
                        left => Ok(tmux_panes().split_off(left)),
                    };
                    self.coming.push_back(Event::TmuxPanes(listed));
                }
                Effect::Paste { id, address, pane, .. } => {
                    let gone = Error::not_found(format!("Nothing was pasted: pane {} is gone.", pane.id));
                    let outcome = if self.random.once_in(2) { Ok(()) } else { Err(gone) };
                    self.coming.push_back(Event::Pasted { id, address, pane, outcome });
                }
                Effect::CompletePath(typed) => {
                    let completion = Completion {
                        completed: format!("{typed}x"),
                        typed,
                        names: vec!["one".to_owned(), "鍵/".to_owned()],
                    };
                    self.coming.push_back(Event::PathCompleted(completion));
                }
                Effect::ReadFile(path) => {
                    let read = match path.len() % 2 {
                        0 => Ok(SecretText::copied_from(b"from a file\n\xff")),
                        _ => Err(Error::denied("The file cannot be read.")),
                    };
                    self.coming.push_back(Event::FileRead(read));
                }
                Effect::OpenEditor { draft, text } => {
                    let outcome = match text.len() % 4 {
                        0 => Ok(None),
                        1 => Err(Error::failure("The editor ended with code 1.")),
                        2 => Ok(Some(SecretText::copied_from(b"two\nlines \xff"))),
                        _ => Ok(Some(SecretText::copied_from(b"{\"tags\": [\"new\"], \"owner\": \"ops\"}"))),
                    };
                    self.coming.push_back(Event::Typed(Duration::ZERO));
                    self.coming.push_back(Event::Edited { draft, outcome });
                }
                Effect::Stop(stop) => stop.set(),
                Effect::Suspend => self.coming.push_back(Event::Resumed),
                Effect::Repaint => {}
                Effect::Quit(_) => return self.start(),
            }
        }
    }

    fn ask(&mut self, request: Request) {
        let failed = Error::busy("The vault is in use by another process.").hint("Try again.");
        let answers = match request {
            Request::Lock => {
                self.shown_until = Duration::ZERO;
                self.place.serve(request)
            }
            Request::Unlock(_) if self.random.once_in(3) => self.place.refuse(),
            Request::Unlock(_) => self.place.unlock(),
            Request::Create { .. } if self.random.once_in(3) => vec![Answer::Failed(failed)],
            Request::Create { .. } => self.place.unlock(),
            Request::Job(job) => {
                self.coming.push_back(Event::Vault(Answer::Progress { done: 1, total: job.steps.len() }));
                self.job = Some(job);
                Vec::new()
            }
            Request::WritePins(_) => self.place.serve(request),
            _ if self.random.once_in(25) => vec![Answer::Failed(failed)],
            request => return self.reach(request),
        };
        self.told(answers);
    }

    /// A request comes to the vault, maybe a moment too late.
    fn reach(&mut self, request: Request) {
        if self.random.once_in(5) {
            self.place.overtake(&request);
        }
        let is_long = matches!(request, Request::Incident(_));
        let answers = self.place.serve(request);
        self.told(answers);
        // Who asked a long question mostly waits for the answer.
        for _ in 0..if is_long { self.random.below(12) } else { 0 } {
            let found = self.place.go_on();
            self.told(found);
        }
    }

    /// The vault has answers; they are on their way.
    fn told(&mut self, answers: Vec<Answer>) {
        self.meet(answers.iter().map(name));
        self.coming.extend(answers.into_iter().map(Event::Vault));
    }

    /// Some of what is on its way comes.
    fn deliver(&mut self, most: usize) {
        for _ in 0..most {
            let Some(event) = self.coming.pop_front() else { break };
            self.happens(event);
        }
        if self.random.once_in(6)
            && let Some(job) = self.job.take()
        {
            self.reach(Request::Job(job));
        }
    }

    /// All of it comes.
    fn deliver_all(&mut self) {
        while !self.coming.is_empty() || self.job.is_some() {
            self.deliver(1);
        }
    }

    fn unlock(&mut self) {
        for answer in self.place.unlock() {
            self.happens(Event::Vault(answer));
        }
    }

    /// From here a few Escs lead to the list; and Ctrl-L locks, wherever one is.
    fn gets_out(&mut self) {
        let (width, height) = (40 + self.random.below(101), 8 + self.random.below(38));
        self.resize(width, height);
        let locks = self.random.once_in(2);
        for _ in 0..STEPS_OUT {
            self.deliver_all();
            self.screen.state.mark_drawn();
            if locks {
                self.happens(Event::Key(key_event("C-l")));
                let gate = self.screen.state.dialog().is_none_or(Dialog::is_gate);
                assert!(self.screen.state.is_locked() && gate, "{} does not lock", self.place_in_words());
                self.look();
                self.deliver_all();
            }
            match self.screen.state.context() {
                _ if self.screen.state.is_locked() => {
                    // The way in is a key and Enter; the answer is not always yes.
                    self.unlock();
                    return;
                }
                Some(Context::Secrets) => return,
                _ => self.happens(Event::Key(key_event("Esc"))),
            }
        }
        panic!("{} Esc does not lead to the list:\n{}", self.place_in_words(), self.screen.text());
    }

    fn meet(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            *self.met.entry(name).or_default() += 1;
        }
    }

    fn place_in_words(&self) -> String {
        format!("seed {}, step {}, {:?}:", self.seed, self.step, self.screen.state.context())
    }

    /// Another dialog was given no value.
    fn follow_dialog(&mut self) {
        let open = self.screen.state.dialog().map(kind);
        if open != self.below && open != Some("help") {
            self.below = open;
            self.opened = false;
        }
    }

    /// Draws now and then, and always when another thing has the keyboard; looks at what was drawn.
    fn look(&mut self) {
        let now = (self.screen.state.context(), self.screen.state.dialog().map(kind));
        self.follow_dialog();
        if std::mem::replace(&mut self.before, now) != now {
            let context = now.0.map(|context| format!("{context:?}"));
            self.meet(context.into_iter().chain(now.1.map(str::to_owned)));
            self.draw();
        } else if self.step.is_multiple_of(7) {
            self.draw();
        }
        let (instant, at) = (self.screen.now().instant, self.place_in_words());
        assert!(self.screen.state.next_deadline().is_none_or(|next| next > instant), "{at} a deadline in the past");
    }

    fn draw(&mut self) {
        let palette = *self.random.one(&[Palette::Default, Palette::Dark, Palette::Light, Palette::Mono]);
        let borders = *self.random.one(&[Borders::Line, Borders::Ascii, Borders::None]);
        let area = self.screen.state.areas();
        let size = (area.header.width, area.hints.bottom());
        if size.0 == 0 || size.1 == 0 {
            return;
        }
        let (buffer, cursor) = self.screen.drawn(Theme::new(palette, borders), Some(size));
        self.screen.state.mark_drawn();
        let inside = cursor.is_none_or(|cursor| buffer.area.contains(cursor.into()));
        assert!(inside, "{} the cursor is at {cursor:?} of {size:?}", self.place_in_words());
        let text = rows(&buffer).join("\n");
        let obeyed = text.chars().find(|c| c.is_control() && *c != '\n' || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(obeyed, None, "{} a control character is drawn\n{text}", self.place_in_words());
        let locked = self.screen.state.is_locked();
        let asked = self.screen.elapsed <= self.shown_until || (self.opened && self.below == Some("edit"));
        if text.contains(MARK) && (locked || !asked) {
            panic!("{} a value is drawn that was not asked for\n{text}", self.place_in_words());
        }
    }
}

/// The name that is to be typed before something is destroyed.
fn asked_for(text: &str) -> String {
    let flat = text.replace(['│', '\n'], " ");
    let words = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = words.split_once("Type its name, ").and_then(|(_, rest)| rest.split_once(", to destroy"));
    name.map(|(name, _)| name.to_owned()).unwrap_or_default()
}

/// What an answer is about.
fn name(answer: &Answer) -> String {
    let name = match answer {
        Answer::Unlocked { .. } => "unlocked",
        Answer::UnlockFailed(_) => "not unlocked",
        Answer::Revealed { .. } => "revealed",
        Answer::ReadyToCopy { .. } => "copied",
        Answer::CodeReady { .. } => "copied a code",
        Answer::FreshCodeIn { .. } => "told to wait for a code",
        Answer::ReadyToPaste { .. } => "opened to paste",
        Answer::Shaped { .. } => "told a shape",
        Answer::ReadyToEdit { .. } => "opened to edit",
        Answer::Compared(_) => "compared",
        Answer::Theirs(..) => "told of another session",
        Answer::Written(deed, _) => return format!("written: {deed:?}"),
        Answer::Same { .. } => "told which values are the current ones",
        Answer::Restored(_) => "restored",
        Answer::DeletedOf(..) => "told of deleted ones",
        Answer::Purged(..) => "destroyed",
        Answer::Pins { .. } => "told the pins",
        Answer::Duplicates(_) => "told of duplicates",
        Answer::Indexed(_) => "indexed",
        Answer::Used { .. } => "told what is used",
        Answer::AuditVerified(_) => "audit verified",
        Answer::WroteOut { .. } => "wrote out",
        Answer::InWorkTree(_) => "in a work tree",
        Answer::Job { result, .. } => match **result {
            Ok(Some(_)) => "job done",
            Ok(None) => "job ended",
            Err(_) => "job refused",
        },
        Answer::Incident(..) => "told of an incident",
        Answer::WroteReport(_) => "wrote a report",
        Answer::Rotation(_) => "told of a rotation",
        Answer::Failed(_) => "failed",
        _ => "another answer",
    };
    name.to_owned()
}
