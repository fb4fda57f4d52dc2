//! What people complain about in other terminal programs, and the guard that
//! keeps each complaint from being made here.
//!
//! | complaint | where it was made | guard |
//! |---|---|---|
//! | orphans after a dropped connection | crossterm #793, watchexec #957, sngrep #544 #458, kakoune #2126, tig #164 | `a_dropped_connection_leaves_no_orphan`, `a_dropped_connection_without_a_signal_leaves_no_orphan`, `a_stalled_connection_keeps_nothing_alive` |
//! | slow links, late answers typed | atuin #2947 #2560 #2385, yazi #2788, clifm #355, tmux #2844 #4541, Windows Terminal #17439 | `no_terminal_query_is_ever_sent`, `a_late_terminal_reply_is_not_typed_into_a_field`, `a_late_terminal_reply_does_nothing_to_a_secret` |
//! | flicker, bytes | tmux #4299, wezterm #7629, Kaku #535 | `a_key_is_answered_by_one_small_frame`, `unlocking_is_told_by_a_line_that_stands_still`, `a_cursor_step_changes_few_cells_of_the_list` |
//! | work while idle | ratatui #1338, zeph #2987, managarr #63, devenv #2916 | `nothing_is_drawn_and_no_cpu_is_used_when_idle`, `nothing_wakes_an_idle_screen_before_the_last_minute`, `deadlines_always_lie_ahead` |
//! | colours | lazygit #508 #4306, gitui #799 #129 #1360 #2293, ghcup #297, gaia #2607 | `selection_is_reverse_in_the_default_theme_and_no_bright_black_text_is_used`, `contrast_is_at_least_four_and_a_half`, `nothing_is_told_by_colour_alone` |
//! | NO_COLOR | dua-cli #238, crossterm #1069 | `no_color_still_shows_the_selection`, `mono_has_no_colour_and_still_shows_the_selection` |
//! | confirms | lazygit #792 #2291 #3328 #3471 #874, k9s #87 #319 #302 #3506, dua-cli #248 | `confirm_defaults_to_no_and_is_not_answered_by_enter_or_the_asking_key`, `a_confirm_names_the_object_and_its_two_keys_at_every_size`, `a_confirming_key_is_neither_enter_nor_the_asking_key` |
//! | paste | zellij #491, todotxt-tui #42, cmus #1271, kvn #72 | `paste_outside_a_field_is_only_a_notice`, `a_paste_outside_a_field_runs_nothing_of_it`, `control_characters_of_a_paste_never_reach_the_terminal` |
//! | the mouse steals the selection | cc-switch-cli #347, codex #971, git-interactive-rebase #945, opencode #30049 | `no_mouse_reporting_unless_asked_for` |
//! | a broken terminal afterwards | openclaw #49016, codex #31865, claude-code #84029, fresh #811, SuperLightTUI #290 | `the_terminal_is_restored_by_one_leave_on_exit_signal_and_stop`, `a_panic_on_any_thread_leaves_the_terminal_and_quotes_nothing`, `whatever_is_entered_is_left` |
//! | small windows panic | gitui #72, twitch-tui #551, croft #192, ratatui #1379, dirge #730 | `no_size_panics_and_a_frame_of_no_size_is_skipped`, `every_screen_draws_at_every_size`, `the_list_and_the_detail_sweep_every_size_with_any_text` |
//! | narrow use | lazygit #440 #612 #847 #2295 #5751 | `every_pane_is_reachable_when_narrow` |
//! | the clipboard of a remote | opencode #2773, opentui #1516, hermes #21446, tmux #4664 | `copied_is_never_said_of_what_cannot_be_known`, `only_an_owned_selection_confirms`, `what_tmux_tells_decides_the_way`, `the_environment_decides` |
//! | clipboard histories keep secrets | keepassxc #10634 #12875 #13566, QtPass #348, CopyQ #2495 | `t01_a_copy_is_hidden_from_histories_and_from_the_middle_button`, `t02_what_was_copied_meanwhile_is_left_alone`, `what_cannot_be_cleared_for_certain_is_said` |
//! | wide characters | tokscale #1308, zeph #5075 #5100 | `wide_characters_never_overrun_their_cell`, `ascii_borders_draw_no_ambiguous_character` |
//! | icon fonts | fresh #2551, fleet #22, pix-mono #1 | `no_icon_font_or_braille_glyph_is_in_any_screen` |
//! | screen readers | ratatui #2610, pi #4687, aegis-boot #104 | `the_cursor_stands_on_the_selected_row`, `every_action_is_also_a_command_or_says_why`, `without_borders_no_line_is_drawn`, `the_terminals_cursor_stands_in_every_pane_and_dialog` |
//! | Esc is late in tmux | tmux #3843, xplr #685 | `esc_is_never_the_only_way_out`, `no_binding_uses_alt_by_default` |
//! | Ctrl-Z | gitui #765, docker-agent #1530 | `stop_locks_leaves_and_comes_back_locked`, `without_a_shell_behind_it_stopping_only_locks` |
//! | hints that lie | zellij #4119 #4822 #3968 #2391 | `the_hint_bar_follows_a_rebinding`, `every_hint_does_what_it_says`, `every_action_can_have_another_key_and_bar_help_palette_and_feet_show_it` |
//! | type-ahead | lazygit #792 | `type_ahead_cannot_confirm` |
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "complaints/connection.rs"]
mod connection;
#[path = "complaints/keys.rs"]
mod keys;
#[path = "complaints/looks.rs"]
mod looks;
#[path = "support/screen.rs"]
#[expect(dead_code, reason = "shared with the tests of flows")]
mod screen;
#[path = "support/states.rs"]
#[expect(dead_code, reason = "shared with the tests of screens")]
mod states;
#[expect(dead_code, reason = "shared with other tests of the real program")]
mod support;
#[path = "complaints/terminal.rs"]
mod terminal;

use std::path::Path;

/// Every test in a folder, however deep.
fn tests_in(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_in(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let after = source.split("#[test]").skip(1);
            found.extend(after.filter_map(|rest| Some(rest.split_once("fn ")?.1.split_once('(')?.0.to_owned())));
        }
    }
}

#[test]
fn every_complaint_has_its_guards_and_every_guard_is_a_test() {
    let mut tests = Vec::new();
    for folder in ["src", "tests"] {
        tests_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut tests);
    }
    let source = include_str!("complaints.rs");
    let rows: Vec<&str> = source.lines().filter_map(|line| line.strip_prefix("//! | ")).skip(1).collect();
    assert_eq!(rows.len(), 21, "one row a complaint");
    for row in rows {
        let columns: Vec<&str> = row.split(" | ").collect();
        let guards: Vec<&str> = columns[2].split('`').skip(1).step_by(2).collect();
        assert!(columns[1].contains('#') && !guards.is_empty(), "{row}");
        for guard in guards {
            assert_eq!(tests.iter().filter(|test| *test == guard).count(), 1, "{guard} guards “{}”", columns[0]);
        }
    }
}
