//! What somebody could have seen: asked for, driven through line by line, reported.

use strongroom::vault::audit::AuditAction;
use strongroom::vault::incident::{Choice, Incident, Progress, Standing};

use super::*;

/// What is asked of the vault about an incident.
fn asked(screen: &mut Screen) -> Vec<Request> {
    let about = |effect| match effect {
        Effect::Vault(
            request @ (Request::Incident(_)
            | Request::EndIncident
            | Request::WriteReport { .. }
            | Request::FindMentions),
        ) => Some(request),
        _ => None,
    };
    screen.take_effects().into_iter().filter_map(about).collect()
}

/// The form, with a person typed, and a vault that answers nothing by itself.
fn looking() -> (Screen, Choice) {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("I");
    screen.type_text("alice, bob@bastion1");
    let secrets = std::mem::take(&mut screen.secrets);
    screen.keys("Enter");
    screen.secrets = secrets;
    let [Request::Incident(choice)] = &mut asked(&mut screen)[..] else { panic!("not asked for") };
    let choice = Choice::clone(choice);
    (screen, choice)
}

/// Who is asked about there.
fn chosen() -> Choice {
    let people = vec!["alice".to_owned(), "bob@bastion1".to_owned()];
    Choice { people, since: Some(screen::time(-30 * screen::DAY)), ..Choice::default() }
}

/// The checklist, after somebody asked for alice.
fn listed() -> Screen {
    let (mut screen, choice) = looking();
    tell(&mut screen, screen::incident(choice));
    screen
}

fn tell(screen: &mut Screen, incident: Incident) {
    screen.event(Event::Vault(Answer::Incident(Box::new(incident), false)));
}

fn is_open(screen: &Screen) -> bool {
    screen.state.context() == Some(Context::Incident)
}

/// The row that the cursor is on.
fn selected(screen: &mut Screen) -> String {
    let text = screen.text();
    text.lines().find(|line| line.contains("▸to do") || line.contains("▸done")).unwrap_or_default().to_owned()
}

/// The checklist after the secret in its first row was rotated by somebody.
fn rotated(choice: Choice) -> Incident {
    let mut incident = screen::incident(choice);
    let mut first = incident.secrets.remove(0);
    let by = history(&secret(4, STRIPE, 8, 0)).remove(0);
    first.standing = Standing::Replaced { by, unchanged: Vec::new() };
    incident.secrets.push(first);
    incident
}

#[test]
fn the_form_asks_for_people_hosts_and_a_time() {
    let choice = looking().1;
    assert_eq!((choice.people, choice.hosts), (vec!["alice".to_owned(), "bob@bastion1".to_owned()], Vec::new()));
    assert_eq!((choice.since, choice.until), (Some(screen::time(-30 * screen::DAY)), None));

    let mut screen = Screen::unlocked(80, 24);
    screen.secrets.clear();
    screen.keys("I Enter");
    assert!(asked(&mut screen).is_empty() && screen.text().contains("Give a person or a host."), "{}", screen.text());
    screen.keys("Tab");
    screen.type_text("10.0.0.7");
    screen.keys("Tab C-u");
    screen.type_text("2 days");
    screen.keys("Tab Enter");
    assert!(asked(&mut screen).is_empty() && screen.text().contains("has an unknown unit"), "{}", screen.text());
    screen.keys("C-u");
    screen.type_text("2999-01-01");
    screen.keys("Tab Enter");
    assert!(asked(&mut screen).is_empty() && screen.text().contains("begins in the future"), "{}", screen.text());
    screen.keys("C-u");
    screen.type_text("2w");
    screen.keys("Tab");
    screen.type_text("3w");
    screen.keys("Enter");
    assert!(asked(&mut screen).is_empty() && screen.text().contains("The time ends before it begins."));
    screen.keys("C-u");
    screen.type_text("1w");
    screen.keys("Enter");
    let [Request::Incident(choice)] = &asked(&mut screen)[..] else { panic!("not asked for") };
    assert_eq!(choice.hosts, ["10.0.0.7"]);
    assert_eq!(choice.since.zip(choice.until), Some((screen::time(-14 * 86_400), screen::time(-7 * 86_400))));
}

#[test]
fn the_search_says_how_far_it_is_and_can_be_ended() {
    let (mut screen, choice) = looking();
    assert!(screen.text().contains("Reading and verifying the audit log…"));
    screen.event(Event::Vault(Answer::IncidentAt(Progress::Log(24_000, 118_240))));
    assert!(screen.text().contains("24 000 of 118 240 records"), "{}", screen.text());
    screen.event(Event::Vault(Answer::IncidentAt(Progress::Judging(3, 8))));
    assert!(screen.text().contains("3 of 8"));
    screen.keys("Esc");
    assert!(matches!(asked(&mut screen)[..], [Request::EndIncident]));
    assert_eq!(screen.state.context(), Some(Context::Form));
    assert!(screen.text().contains("alice, bob@bastion1"), "what was typed is there");
    // One that was on its way does not open the list of a search that was ended.
    screen.event(Event::Vault(Answer::IncidentAt(Progress::Values)));
    tell(&mut screen, screen::incident(choice));
    assert_eq!(screen.state.context(), Some(Context::Form));
    screen.keys("Esc");
    assert!(screen.state.dialog().is_none());
}

#[test]
fn a_broken_log_is_told_and_nothing_else_is() {
    let mut screen = listed();
    let broken = Error::damaged("The audit log is broken from record 812 on.");
    screen.event(Event::Vault(Answer::IncidentFailed(broken.clone())));
    let text = screen.text();
    assert!(text.contains("The audit log is broken from record 812 on.") && !text.contains("to do"), "{text}");
    assert_eq!(screen.state.context(), Some(Context::Form));
    // The same where the checklist is out of sight: it is gone, and that is said.
    let mut screen = listed();
    screen.keys("Esc");
    screen.event(Event::Vault(Answer::IncidentFailed(broken)));
    assert!(screen.text().contains("The audit log is broken from record 812 on."));
    screen.keys("Esc I");
    assert_eq!(screen.state.context(), Some(Context::Form));
}

#[test]
fn enter_rotates_and_the_list_comes_back_with_that_done() {
    let mut screen = listed();
    let text = screen.text();
    assert!(text.contains("Incident · 6 to do · 2 done"), "{text}");
    assert!(selected(&mut screen).contains("STRIPE_KEY"));
    screen.keys("Enter");
    assert_eq!(screen.state.dialog().map(screen::kind), Some("rotate"));
    assert!(screen.text().contains(STRIPE));
    // Nothing was done: one step out leads back to the same line.
    screen.keys("Esc");
    assert!(is_open(&screen) && selected(&mut screen).contains("STRIPE_KEY"));
    screen.keys("Enter Right Tab");
    screen.type_text("new");
    screen.keys("Tab");
    screen.type_text("new");
    screen.keys("Enter");
    let mut written = screen.secrets[3].clone();
    written.version = 8;
    screen.event(Event::Vault(Answer::Written(
        Deed::Rotate,
        Box::new(Written { secret: written, outcome: Outcome::NewVersion, undo: None, revived: None }),
    )));
    let text = screen.text();
    assert!(is_open(&screen) && text.contains("Version 8 of production/payments/STRIPE_KEY is current now."), "{text}");
    tell(&mut screen, rotated(chosen()));
    let text = screen.text();
    assert!(text.contains("Incident · 5 to do · 3 done") && text.contains("Done: production/payments/STRIPE_KEY"));
    assert!(selected(&mut screen).contains("production/DATABASE_URL"), "the next one\n{text}");
}

#[test]
fn a_line_goes_to_its_own_rotation_whatever_is_marked() {
    let mut screen = Screen::unlocked(80, 24);
    screen.keys("k Space k Space I");
    screen.type_text("alice");
    screen.keys("Enter Down Enter");
    assert_eq!(screen.state.dialog().map(screen::kind), Some("rotate"));
    assert!(screen.text().contains("Rotate production/DATABASE_URL"), "{}", screen.text());
}

#[test]
fn what_cannot_be_rotated_says_so_or_leads_elsewhere() {
    let mut screen = listed();
    screen.deleted = screen::deleted();
    screen.type_text("old_token");
    assert!(screen.text().contains("1 of 8 shown") && screen.text().contains("Withdraw the value"));
    screen.keys("Enter");
    assert_eq!(screen.state.context(), Some(Context::Deleted));
    screen.keys("Esc");
    assert!(is_open(&screen) && screen.text().contains("1 of 8 shown"), "as it was");
    screen.keys("C-u");
    screen.type_text("ftp");
    screen.keys("Enter");
    assert!(is_open(&screen) && screen.text().contains("It is destroyed: there is nothing left to do."));
}

#[test]
fn another_sessions_write_leaves_the_cursor_on_its_secret() {
    let mut screen = listed();
    screen.keys("Down Down");
    assert!(selected(&mut screen).contains("KAFKA"));
    tell(&mut screen, rotated(chosen()));
    assert!(selected(&mut screen).contains("KAFKA"));
    assert!(screen.text().contains("Incident · 5 to do · 3 done"));
}

#[test]
fn what_is_built_from_a_line_is_asked_for_once_and_told() {
    let mut screen = listed();
    let asks = |screen: &mut Screen| asked(screen).iter().any(|request| matches!(request, Request::FindMentions));
    assert!(asks(&mut screen));
    tell(&mut screen, screen::incident(chosen()));
    assert!(!asks(&mut screen), "the vault tells by itself from then on");
    let Address { scope, name } = address(STRIPE);
    let mention = strongroom::vault::mentions::Mention { scope: Some(scope), name };
    let found = [(SecretId([2; 16]), vec![mention])].into_iter().collect();
    screen.event(Event::Vault(Answer::Mentions(found)));
    assert!(screen.text().contains("Built from it: production/DATABASE_URL."), "{}", screen.text());
}

#[test]
fn the_report_goes_into_a_new_file_in_the_format_of_its_name() {
    for (path, begins) in [("~/alice.md", "# Incident: what alice"), ("~/alice.JSON", "{\n")] {
        let mut screen = listed();
        screen.take_effects();
        screen.keys("C-s");
        screen.type_text(path);
        screen.keys("Enter");
        let asked = asked(&mut screen);
        let [Request::WriteReport { text, path: to, in_work_tree: false }] = &asked[..] else { panic!("not written") };
        assert!(text.starts_with(begins) && text.contains("STRIPE") && to == path, "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok() == path.ends_with("JSON"));
        // What is refused is told, and can be tried again.
        screen.event(Event::Vault(Answer::Failed(Error::conflict("/home/ops/alice.md exists already."))));
        assert!(screen.text().contains("exists already."));
        screen.keys("Enter");
        screen.event(Event::Vault(Answer::WroteReport("/home/ops/alice.md".to_owned())));
        assert!(is_open(&screen) && screen.text().contains("Wrote the report to /home/ops/alice.md for you alone."));
    }
}

#[test]
fn the_list_is_kept_until_it_is_asked_anew_or_locked() {
    let mut screen = listed();
    screen.keys("Down Esc");
    assert!(screen.state.dialog().is_none());
    screen.keys("I");
    assert!(is_open(&screen) && selected(&mut screen).contains("production/DATABASE_URL"));
    screen.keys("C-r");
    assert!(screen.state.context() == Some(Context::Form) && screen.text().contains("alice, bob@bastion1"));
    screen.keys("Esc");
    assert!(is_open(&screen), "nothing was asked");
    screen.keys("Enter C-l");
    assert!(screen.state.is_locked());
    screen.unlock();
    assert!(screen.state.dialog().is_none() && !screen.text().contains("to do"), "{}", screen.text());
    screen.keys("I");
    assert_eq!(screen.state.context(), Some(Context::Form));
    assert!(screen.text().contains("empty: everybody"), "what was typed is gone too");
}

#[test]
fn every_way_of_seeing_can_be_filtered_by() {
    let mut screen = listed();
    screen.type_text(AuditAction::Export.word());
    assert!(screen.text().contains("1 of 8 shown"), "{}", screen.text());
    screen.keys("C-u");
    screen.type_text("done");
    assert!(screen.text().contains("2 of 8 shown"));
}
