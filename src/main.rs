//! strongroom, the program.
fn main() {}
