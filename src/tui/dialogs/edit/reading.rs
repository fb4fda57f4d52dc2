//! A path is typed, whose file is read into a field.

use crate::tui::action::Action;
use crate::tui::dialogs::form::{ask, told};
use crate::tui::dialogs::{Input, Step};
use crate::tui::effect::Effect;
use crate::tui::press::Press;
use crate::vault::shape::Shape;

use super::EditDialog;

impl EditDialog {
    /// An input while the path of a file is typed.
    pub(super) fn read_file(&mut self, input: Input) -> Step {
        let Some((number, mut prompt)) = self.reading.take() else { return Step::default() };
        match input {
            Input::FileRead(Ok(value)) => {
                let shape = Shape::of(&value);
                if let Some(row) = self.rows.get_mut(number) {
                    row.take(value, format!("Read from the file: {shape}."));
                }
                self.bad = None;
                return self.find_same();
            }
            Input::FileRead(Err(error)) => {
                prompt.is_busy = false;
                prompt.problem = Some(told(&error));
            }
            Input::Press(Press::Action(Action::Cancel)) => return Step::default(),
            Input::Completed(completion) => prompt.completed(completion),
            _ if prompt.is_busy => {}
            Input::Press(Press::Action(Action::NextField)) => {
                let step = ask(prompt.complete());
                self.reading = Some((number, prompt));
                return step;
            }
            Input::Press(Press::Action(Action::Submit)) => {
                let path = prompt.path();
                prompt.is_busy = path.is_some();
                self.reading = Some((number, prompt));
                return path.map(|path| ask(Effect::ReadFile(path))).unwrap_or_default();
            }
            Input::Press(press) => prompt.press(press),
            Input::Paste(pasted) => prompt.paste(&pasted),
            _ => {}
        }
        self.reading = Some((number, prompt));
        Step::default()
    }
}
