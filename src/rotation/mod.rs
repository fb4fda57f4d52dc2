//! Changing a live credential: recipes, and the running of their steps. `cli` and `tui`
//! call these rooms; the vault only keeps a recipe's text and the stages of a rotation.
//!
//! A step goes this way: [`recipe`] is what its text says; [`step`] fills its templates
//! while the vault is open, then runs the program without it; [`make`] is where a new
//! value comes from; [`fit`] looks beforehand whether recipe, secret and value fit. [`ready`] has the recipes that come with the program.
//!
//! ```text
//! strongroom               has the values; knows how the step ended
//! └ supervisor             time, output, descriptors; ends the program when we are gone
//!   └ starter → program    in a group of its own, without a terminal
//! ```
//!
//! The supervisor and the starter are this program again, under hidden arguments: see
//! [`step`].

pub mod decide;
pub mod drive;
pub mod fit;
pub mod make;
pub mod ready;
pub mod recipe;
pub mod step;

pub use recipe::Recipe;
pub use step::take_part;
