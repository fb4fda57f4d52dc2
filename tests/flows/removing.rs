//! Delete and purge, and the undo of everything that can be undone.

use super::*;

#[test]
fn delete_and_undo() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("u");
    assert!(screen.text().contains("There is nothing to undo."));
    screen.keys("d");
    let job = screen.do_job();
    assert_eq!((job.steps[0].address.clone(), &job.steps[0].act), (address(STRIPE), &Act::Delete));
    assert!(screen.text().contains("u brings it back."));
    screen.keys("u u");
    let job = screen.do_job();
    assert_eq!((job.steps[0].address.clone(), &job.steps[0].act), (address(STRIPE), &Act::Restore));
    assert!(screen.take_effects().is_empty(), "a second key does not undo twice");
    let upserted = vec![secrets().remove(3)];
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted, removed: Vec::new() })));
    screen.keys("y");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Copy { id: SecretId([4, ..]), .. })]));
}

#[test]
fn undo_survives_an_idle_lock_but_not_what_a_secret_says() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.do_job();
    screen.keys("C-l");
    screen.unlock();
    screen.keys("u");
    assert_eq!(screen.do_job().steps[0].act, Act::Restore);
    // A description is no value, but it is the vault's.
    let described = MetadataChange { description: Some("old words".into()), ..MetadataChange::default() };
    let step =
        Step { id: SecretId([4; 16]), address: address(STRIPE), seen: Seen::Revision(3), act: Act::Edit(described) };
    let written =
        Written { secret: secrets().remove(3), outcome: Outcome::MetadataOnly, undo: Some(step), revived: None };
    screen.event(Event::Vault(Answer::Written(Deed::Save, Box::new(written.clone()))));
    screen.keys("C-l");
    screen.unlock();
    screen.take_effects();
    screen.keys("u");
    assert!(screen.take_effects().is_empty() && screen.text().contains("There is nothing to undo."));
    screen.event(Event::Vault(Answer::Written(Deed::Save, Box::new(written))));
    screen.keys("u");
    assert!(matches!(&screen.do_job().steps[0].act, Act::Edit(_)));
}

#[test]
fn an_undo_that_fails_can_be_tried_again() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.do_job();
    for result in [Ok(None), Err(Error::conflict("The name is taken."))] {
        screen.keys("u");
        let effects = screen.take_effects();
        let [Effect::Vault(Request::Job(job))] = &effects[..] else { panic!("no job") };
        screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(result) }));
        screen.keys("Esc");
    }
    screen.keys("u");
    assert_eq!(screen.do_job().steps[0].act, Act::Restore);
}

#[test]
fn an_undo_refused_twice_no_longer_bars_the_one_before() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("d");
    screen.do_job();
    screen.wait(Duration::from_secs(1));
    screen.keys("d");
    screen.do_job();
    for _ in 0..2 {
        screen.keys("u");
        let effects = screen.take_effects();
        let [Effect::Vault(Request::Job(job))] = &effects[..] else { panic!("no job") };
        let refused = Err(Error::conflict("Somebody changed it."));
        screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(refused) }));
        screen.keys("Esc");
    }
    screen.keys("u");
    assert_eq!(screen.do_job().steps[0].address, address(STRIPE));
}

/// Five are deleted, and the undo that a first `u` asks for is answered by a refusal.
fn refused_undo(able: usize, may_yet: bool) -> Screen {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space Space Space Space Space d y");
    screen.do_job();
    screen.keys("u");
    refuse(&mut screen, able, may_yet);
    screen
}

fn refuse(screen: &mut Screen, able: usize, may_yet: bool) {
    let effects = screen.take_effects();
    let Some(Effect::Vault(Request::Job(job))) = effects.last() else { panic!("no job: {}", screen.text()) };
    let mut job = job.clone();
    job.rest = Some(Rest { steps: job.steps[..able].into(), may_yet });
    let refused = Err(Error::conflict("prod/KEY was restored meanwhile.").hint("Look at it."));
    screen.event(Event::Vault(Answer::Job { job, result: Box::new(refused) }));
    screen.state.mark_drawn();
}

#[test]
fn of_an_undo_that_is_refused_the_rest_is_offered() {
    let mut screen = refused_undo(3, false);
    let words = "prod/KEY was restored meanwhile. 1 more cannot be undone either. Nothing was";
    assert!(
        screen.text().contains(words) && screen.text().contains("u again undoes the other 3."),
        "{}",
        screen.text()
    );
    screen.keys("u u");
    assert!(screen.take_effects().is_empty(), "nobody has read it yet");
    assert!(screen.text().contains("u again undoes"), "{}", screen.text());
    screen.elapse(Duration::from_secs(1));
    screen.keys("u");
    assert_eq!(screen.do_job().steps.len(), 3);
    let told = "3 secrets are back with all their versions; 2 stay as they are.";
    assert!(screen.text().contains(told), "{}", screen.text());
    screen.keys("u");
    assert!(screen.take_effects().is_empty() && screen.text().contains("There is nothing to undo."));
}

#[test]
fn what_was_offered_of_an_undo_is_left_by_any_other_key_and_asked_for_anew_after_a_change() {
    let mut screen = refused_undo(4, false);
    assert!(!screen.text().contains("more cannot"), "{}", screen.text());
    screen.elapse(Duration::from_secs(1));
    screen.keys("y");
    assert!(screen.take_effects().is_empty() && !screen.text().contains("u again"), "{}", screen.text());
    screen.wait(Duration::from_secs(1));
    screen.keys("d");
    screen.do_job();
    screen.keys("u");
    screen.do_job();
    screen.keys("u");
    refuse(&mut screen, 4, false);
    assert!(screen.text().contains("u again undoes the other\n 4."), "it was tried whole: {}", screen.text());
}

#[test]
fn an_undo_of_which_nothing_is_left_steps_aside_and_says_so() {
    let told = "The delete of 5 secrets cannot be undone any more: prod/KEY was restored";
    let mut screen = refused_undo(0, false);
    assert!(screen.text().contains(told), "{}", screen.text());
    // What stands against it may go away: it is tried a second time.
    let mut screen = refused_undo(0, true);
    assert!(screen.text().contains("meanwhile. Nothing was undone. Look at it."), "{}", screen.text());
    screen.keys("Esc u");
    refuse(&mut screen, 0, true);
    assert!(screen.text().contains(told), "{}", screen.text());
    screen.keys("Esc u");
    assert!(screen.text().contains("There is nothing to undo."), "{}", screen.text());
}

#[test]
fn a_purge_takes_one_secret_out_of_an_undo_and_leaves_the_others() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("Space Space d y");
    let gone = screen.do_job().steps[0].clone();
    screen.event(Event::Vault(Answer::Purged(gone.address.clone(), gone.id)));
    screen.keys("u");
    let job = screen.do_job();
    assert!(job.steps.len() == 1 && job.steps[0].id != gone.id, "{job:?}");
}

#[test]
fn what_was_added_is_taken_back_by_its_name() {
    let mut screen = Screen::unlocked(80, 24);
    let new = secrets().remove(3);
    let step = Step { id: new.id, address: new.address.clone(), seen: Seen::Revision(1), act: Act::Delete };
    let written = Written { secret: new, outcome: Outcome::Created, undo: Some(step.clone()), revived: None };
    screen.event(Event::Vault(Answer::Written(Deed::Add, Box::new(written))));
    screen.keys("u");
    screen.do_job();
    assert!(screen.text().contains(&format!("Undone: adding of {STRIPE}, which is deleted")), "{}", screen.text());
}

#[test]
fn a_long_undo_shows_how_far_it_is_and_can_be_ended() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("C-a d y");
    screen.do_job();
    screen.keys("u");
    assert_eq!(screen.state.context(), Some(Context::Secrets), "a short one shows no dialog");
    screen.elapse(Duration::from_secs(1));
    screen.event(Event::Vault(Answer::Progress { done: 3, total: 12 }));
    screen.state.mark_drawn();
    assert!(
        screen.text().contains("Undo: delete of 12 secrets") && screen.text().contains("about 0:03 left"),
        "{}",
        screen.text()
    );
    screen.keys("Esc Esc");
    let effects = screen.take_effects();
    let [Effect::Vault(Request::Job(job)), Effect::Stop(_)] = &effects[..] else { panic!("not ended once") };
    screen.event(Event::Vault(Answer::Job { job: job.clone(), result: Box::new(Ok(None)) }));
    assert!(screen.text().contains("Ended; nothing was changed."), "{}", screen.text());
    screen.keys("u");
    assert_eq!(screen.do_job().steps.len(), 12, "it can be undone still");
}

#[test]
fn purge_wants_the_name() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("D Enter");
    screen.type_text("stripe_key");
    screen.keys("Enter");
    let asked = screen.take_effects();
    assert!(matches!(&asked[..], [Effect::Vault(Request::DeletedOf(_))]), "only who else bears it");
    screen.keys("C-u");
    screen.type_text("STRIPE_KEY");
    screen.keys("Enter");
    let [Effect::Vault(Request::Purge { address: asked, id: SecretId([4, ..]), deleted: false })] =
        &screen.take_effects()[..]
    else {
        panic!("it was not asked for")
    };
    assert_eq!(*asked, address(STRIPE));
    screen.event(Event::Vault(Answer::Purged(address(STRIPE), SecretId([4; 16]))));
    assert_eq!(screen.state.context(), Some(Context::Secrets));
    assert!(!screen.text().contains("yments/STRIPE_KEY   3d"));
}

#[test]
fn of_several_that_bear_a_name_the_chosen_one_is_purged() {
    let purged = |screen: &mut Screen| match &screen.take_effects()[..] {
        [Effect::Vault(Request::Purge { address: asked, id, .. })] if *asked == address(STRIPE) => Some(id.0[0]),
        _ => None,
    };
    let deleted =
        [31_u8, 32].map(|number| Secret { deleted_at: Some(screen::time(-5)), ..secret(number, STRIPE, 2, 9) });
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("D");
    assert!(
        matches!(&screen.take_effects()[..], [Effect::Vault(Request::DeletedOf(asked))] if *asked == address(STRIPE))
    );
    screen.type_text("STRIPE_KEY");
    screen.event(Event::Vault(Answer::DeletedOf(address("OTHER"), deleted.to_vec())));
    assert!(!screen.text().contains("bear this name"), "that is about another name");
    screen.event(Event::Vault(Answer::DeletedOf(address(STRIPE), deleted.to_vec())));
    let text = screen.text();
    assert!(text.contains("3 secrets bear this name") && text.contains("STRIPE_KEY with 7 versions"), "{text}");
    screen.keys("Down Down");
    assert!(screen.text().contains("STRIPE_KEY, deleted 2026-03-10 02:13:55 UTC,"), "{}", screen.text());
    screen.keys("Enter");
    assert_eq!(purged(&mut screen), None, "the name was typed for another one");
    screen.type_text("STRIPE_KEY");
    screen.keys("Enter");
    assert_eq!(purged(&mut screen), Some(32));
    screen.event(Event::Vault(Answer::Purged(address(STRIPE), SecretId([32; 16]))));
    assert!(screen.text().contains("Destroyed a deleted secret named"), "{}", screen.text());
    assert!(selected(&mut screen).contains("STRIPE_KEY"), "the one in use stays: {}", screen.text());
}
