//! The list of what was deleted: found, brought back, destroyed.

use std::time::Instant;

use strongroom::tui::job::Job;

use super::*;

/// The list of what was deleted, open.
fn listed() -> Screen {
    let mut screen = Screen::unlocked(80, 24);
    screen.deleted = screen::deleted();
    screen.keys("U");
    screen
}

fn jobs(screen: &mut Screen) -> Vec<Job> {
    let job = |effect| match effect {
        Effect::Vault(Request::Job(job)) => Some(*job),
        _ => None,
    };
    screen.take_effects().into_iter().filter_map(job).collect()
}

/// What a job brings back.
fn brought_back(job: &Job) -> Vec<u8> {
    assert!(job.deed == Deed::Restore && job.steps.iter().all(|step| step.act == Act::Restore));
    job.steps.iter().map(|step| step.id.0[0]).collect()
}

fn is_open(screen: &Screen) -> bool {
    screen.state.context() == Some(Context::Deleted)
}

#[test]
fn enter_brings_the_selected_one_back_and_u_deletes_it_again() {
    let mut screen = listed();
    screen.keys("Down Down Enter");
    let mut asked = jobs(&mut screen);
    let [job] = &mut asked[..] else { panic!("one job") };
    assert_eq!((brought_back(job), job.steps[0].seen), (vec![24], Seen::Version(1)), "the newer of the two");
    screen.keys("Enter C-x C-r");
    assert!(screen.take_effects().is_empty() && is_open(&screen), "the vault is at work");
    screen.effects.push(Effect::Vault(Request::Job(Box::new(job.clone()))));
    let done = screen.do_job();
    assert_eq!(done.steps[0].address, address("staging/OLD_TOKEN"));
    assert!(screen.text().contains("Restored staging/OLD_TOKEN. u deletes it again."), "{}", screen.text());
    assert!(!is_open(&screen));
    screen.keys("u");
    let undo = jobs(&mut screen);
    assert!(undo[0].undoes && undo[0].steps[0].act == Act::Delete && undo[0].steps[0].id.0[0] == 24);
    assert_eq!(undo[0].reason, "Undo of the restore");
}

#[test]
fn what_the_vault_refuses_is_told_in_the_list_and_can_be_tried_again() {
    let mut screen = listed();
    screen.keys("Down Down Down Enter");
    let job = Box::new(jobs(&mut screen).remove(0));
    let refusal = Error::conflict("STRIPE_KEY exists again.").hint("Delete the new one first.");
    screen.event(Event::Vault(Answer::Job { job, result: Box::new(Err(refusal)) }));
    assert!(screen.text().contains("STRIPE_KEY exists again. Delete the new one first."));
    assert!(is_open(&screen));
    screen.keys("Enter");
    assert_eq!(brought_back(&jobs(&mut screen)[0]), [23]);
}

#[test]
fn all_that_are_shown_come_back_but_those_whose_name_is_taken() {
    let mut screen = listed();
    screen.keys("C-r");
    assert!(screen.take_effects().is_empty());
    assert!(screen.text().contains("2 have names that are taken, and stay deleted."), "{}", screen.text());
    screen.keys("C-r");
    assert_eq!(brought_back(&jobs(&mut screen)[0]), [22, 25, 24], "the last deleted of each name");
    assert!(!is_open(&screen), "the job has a dialog of its own");
    let mut screen = listed();
    screen.type_text("paypal");
    screen.keys("C-r");
    assert_eq!(brought_back(&jobs(&mut screen)[0]), [22], "what is not shown stays");
    let mut screen = listed();
    screen.type_text("stripe");
    screen.keys("C-r C-r C-r");
    assert!(screen.take_effects().is_empty(), "none can");
    assert!(screen.text().contains("1 has a name that is taken, and stays deleted."));
}

#[test]
fn destroying_asks_for_the_name_and_comes_back_to_the_list() {
    let mut screen = listed();
    screen.keys("C-x Enter");
    screen.type_text("PAYPAL");
    screen.keys("Enter");
    assert!(screen.take_effects().is_empty(), "that is not its name");
    screen.keys("Esc");
    assert!(is_open(&screen) && screen.text().contains("Deleted secrets · 5"), "one step out");
    screen.keys("C-x");
    screen.type_text("PAYPAL_SECRET");
    screen.keys("Enter");
    let [Effect::Vault(Request::Purge { address: asked, id: SecretId([22, ..]), deleted: true })] =
        &screen.take_effects()[..]
    else {
        panic!("not asked for")
    };
    let gone = screen.deleted.remove(1);
    assert_eq!(*asked, gone.address);
    screen.event(Event::Vault(Answer::Purged(gone.address, gone.id)));
    let text = screen.text();
    assert!(is_open(&screen) && text.contains("Deleted secrets · 4") && !text.contains("▸producti"), "{text}");
    screen.keys("Esc");
    assert!(screen.text().contains("Destroyed production/payments/PAYPAL_SECRET and all its versions."));
}

#[test]
fn a_purge_that_fails_is_told_in_its_question() {
    let mut screen = listed();
    screen.keys("C-x");
    screen.type_text("PAYPAL_SECRET");
    screen.keys("Enter");
    // Another session writes meanwhile: the list is read again behind the question.
    screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: secrets(), removed: Vec::new() })));
    let refusal = Error::conflict("PAYPAL_SECRET was restored meanwhile, and is in use again.");
    screen.event(Event::Vault(Answer::Failed(refusal)));
    let text = screen.text();
    assert!(text.contains("was restored meanwhile") && text.contains("Destroy for good?"), "{text}");
    screen.keys("Esc");
    assert!(is_open(&screen));
}

#[test]
fn what_another_session_brought_back_is_told_and_swallows_the_key_that_was_meant_for_it() {
    let restored = |screen: &mut Screen| {
        let at = screen.deleted.iter().position(|secret| secret.id.0[0] == 22).unwrap();
        let back = Secret { deleted_at: None, ..screen.deleted.remove(at) };
        screen.event(Event::Vault(Answer::Changed(CatalogChange { upserted: vec![back], removed: Vec::new() })));
        screen.state.mark_drawn();
    };
    let mut screen = listed();
    restored(&mut screen);
    assert!(screen.text().contains("production/payments/PAYPAL_SECRET is gone from here: another"));
    screen.keys("Enter");
    assert!(screen.take_effects().is_empty(), "it was meant for another one");
    screen.keys("Enter");
    assert_eq!(brought_back(&jobs(&mut screen)[0]), [25], "by now it was read");
    let mut screen = listed();
    screen.keys("Down");
    restored(&mut screen);
    screen.keys("Enter");
    assert_eq!(brought_back(&jobs(&mut screen)[0]), [25], "the cursor has stayed on its secret");
    let mut screen = listed();
    screen.keys("C-x");
    screen.type_text("PAYPAL_SECRET");
    restored(&mut screen);
    assert!(is_open(&screen), "nothing is left to be asked");
    screen.keys("Enter");
    assert!(screen.take_effects().is_empty());
}

#[test]
fn another_sessions_delete_comes_into_the_list_without_a_notice() {
    let mut screen = listed();
    let stripe = Secret { deleted_at: Some(screen::time(0)), ..secrets().remove(3) };
    let change = CatalogChange { upserted: Vec::new(), removed: vec![stripe.id] };
    screen.deleted.push(stripe);
    screen.event(Event::Vault(Answer::Changed(change)));
    assert!(screen.text().contains("Deleted secrets · 6"), "{}", screen.text());
    screen.keys("Up Enter");
    assert_eq!(brought_back(&jobs(&mut screen)[0]), [4], "no notice swallowed a key");
}

#[test]
fn a_lock_takes_the_list_away_and_a_late_answer_goes_nowhere() {
    let mut screen = listed();
    screen.keys("C-l");
    screen.event(Event::Vault(Answer::Deleted(screen::deleted())));
    screen.event(Event::Vault(Answer::DeletedBy(vec![(SecretId([22; 16]), "ana@bastion1".to_owned())])));
    assert!(screen.state.is_locked() && !screen.text().contains("PAYPAL"));
    screen.unlock();
    assert_eq!(screen.state.context(), Some(Context::Secrets));
}

#[test]
fn a_vault_that_is_read_only_shows_the_list_and_changes_nothing() {
    let mut screen = Screen::unlocked(80, 24);
    screen.event(Event::Vault(Answer::ReadOnly(ReadOnly::Damaged("The list was altered.".to_owned()))));
    screen.keys("Esc");
    screen.deleted = screen::deleted();
    screen.take_effects();
    screen.keys("U");
    assert!(screen.text().contains("PAYPAL_SECRET"));
    for keys in ["Enter", "C-r", "C-x"] {
        screen.keys(keys);
        assert!(screen.take_effects().is_empty() && is_open(&screen));
        assert!(screen.text().contains("The vault is read-only: The list was altered."), "{}", screen.text());
        screen.keys("Down");
    }
}

#[test]
fn several_of_one_name_that_went_at_the_same_time_are_told_apart_in_the_list() {
    let mut screen = Screen::unlocked(80, 24);
    let one = screen::deleted().remove(0);
    let at = one.deleted_at.unwrap();
    let other =
        Secret { id: SecretId([77; 16]), deleted_at: at.checked_sub(Duration::from_secs(2)).ok(), ..one.clone() };
    screen.deleted = vec![one.clone(), other.clone()];
    screen.keys("U");
    let text = screen.text();
    for secret in [one, other] {
        assert!(text.contains(&secret.deleted_at.unwrap().strftime("%H:%M:%S UTC ").to_string()), "{text}");
    }
}

#[test]
fn the_key_looks_before_it_says_that_nothing_is_deleted() {
    let mut screen = Screen::unlocked(80, 24);
    // Another session may have deleted something since this was counted.
    screen.event(Event::Vault(Answer::DeletedCount(0)));
    screen.keys("U");
    assert!(is_open(&screen) && screen.text().contains("Reading"), "{}", screen.text());
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Deleted)]));
    screen.event(Event::Vault(Answer::Deleted(Vec::new())));
    assert!(screen.text().contains("Nothing is deleted now."), "{}", screen.text());
    screen.keys("Esc o U");
    assert!(is_open(&screen), "from the overview, too");
    assert!(matches!(&screen.take_effects()[..], [Effect::Vault(Request::Deleted)]));
}

#[test]
fn an_empty_list_says_what_can_come_back_and_by_which_key() {
    let mut screen = Screen::with(Vec::new(), 80, 24);
    screen.event(Event::Vault(Answer::DeletedCount(1)));
    let text = screen.text();
    assert!(text.contains("1 deleted one can come back.") && text.contains("U  show what was deleted"), "{text}");
    screen.keys("y");
    assert!(screen.text().contains("There is no secret; U shows what was deleted."));
    screen.keys(":");
    screen.type_text("deleted");
    screen.keys("C-y");
    let copied = screen.take_effects();
    assert!(matches!(&copied[..], [Effect::CopyText(line)] if line == "strongroom list --deleted"));
}

#[test]
fn five_thousand_deleted_secrets_are_found_as_one_types() {
    let mut screen = Screen::unlocked(140, 45);
    let many = (0..5_000_u16).map(|number| {
        let mut made = secret(0, &format!("team-{}/KEY_{number}", number % 40), 1, 9);
        made.id.0[..2].copy_from_slice(&number.to_be_bytes());
        made.deleted_at = Some(screen::time(-i64::from(number)));
        made
    });
    screen.deleted = many.collect();
    let start = Instant::now();
    screen.keys("U");
    for key in "team-7 key_4".chars() {
        screen.type_text(&key.to_string());
        assert!(screen.text().contains("Deleted secrets · "));
    }
    let taken = start.elapsed();
    assert!(screen.text().contains("▸team-7/KEY_4"), "{}", screen.text());
    assert!(taken < Duration::from_secs(2), "{taken:?} for a dozen keys and their frames");
}
