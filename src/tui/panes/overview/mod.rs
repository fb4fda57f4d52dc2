//! The overview: the whole vault at a glance, on a screen of its own.
//!
//! What needs doing first, ages, the vault's health, the weeks ahead, how values are used. Every number
//! is a row or a cell that the cursor can stand on; Enter shows the secrets behind
//! it, as a filter of the list. The numbers come from [`crate::vault::overview`].

mod charts;
mod draw;
mod place;
mod sections;
mod standing;

use ratatui::layout::Rect;

use crate::tui::action::Action;
use crate::vault::catalog::Catalog;
use crate::vault::overview::Overview;
use crate::vault::usage::{Extent, Usage};

use place::{Heights, place};
use sections::{Cell, PAIR, Row, Section, sections};

pub use sections::Lead;
pub use standing::{Damaged, Standing};

/// The overview, while it is open.
pub struct OverviewPane {
    numbers: Overview,
    /// The state of the list, of its use, and the minute that were counted.
    counted: Counted,
    /// The selected row, over all blocks, and its cell.
    row: usize,
    cell: usize,
    /// The first row of the sheet that is shown.
    top: u16,
}

/// The list's revision, the accesses and how far they are known, the minute.
type Counted = (u64, (u64, Extent), i64);

/// The blocks and where they go on a sheet that scrolls.
struct Sheet {
    sections: Vec<Section>,
    places: Vec<Rect>,
}

impl OverviewPane {
    /// Counts the list as it is in its `revision`, and its use.
    #[must_use]
    pub fn new((catalog, revision): (&Catalog, u64), usage: &Usage, now: jiff::Timestamp) -> Self {
        let counted = counted(revision, usage, now);
        Self { numbers: Overview::of(catalog, usage, now), counted, row: 0, cell: 0, top: 0 }
    }

    /// Counts again when the list, its use or the minute is another one; true when it did.
    pub fn recount(&mut self, (catalog, revision): (&Catalog, u64), usage: &Usage, now: jiff::Timestamp) -> bool {
        let current = counted(revision, usage, now);
        let changed = self.counted != current;
        if changed {
            self.numbers = Overview::of(catalog, usage, now);
            self.counted = current;
        }
        changed
    }

    /// Moves over rows, cells and blocks; false for an action that is no movement.
    pub fn go(&mut self, action: Action, standing: Standing<'_>, area: Rect) -> bool {
        let sheet = self.sheet(standing, area);
        let (last, page) = (sheet.rows().count().saturating_sub(1), usize::from(area.height).max(1));
        let spot = sheet.spot(self.row);
        let cells = spot.map_or(0, |(_, _, row)| row.cells.len());
        let to = match action {
            Action::Up => self.row.saturating_sub(1),
            Action::Down => self.row + 1,
            Action::HalfPageUp => self.row.saturating_sub((page / 2).max(1)),
            Action::HalfPageDown => self.row + (page / 2).max(1),
            Action::PageUp => self.row.saturating_sub(page),
            Action::PageDown => self.row + page,
            Action::Top => 0,
            Action::Bottom => last,
            Action::NextPane => sheet.block_after(self.row),
            Action::PreviousPane => sheet.block_before(self.row),
            Action::CellLeft if self.cell > 0 => {
                self.cell -= 1;
                self.row
            }
            Action::CellRight if self.cell + 1 < cells => {
                self.cell += 1;
                self.row
            }
            Action::CellLeft | Action::CellRight => sheet.beside(self.row).unwrap_or(self.row),
            _ => return false,
        };
        self.row = to.min(last);
        self.follow_on(&sheet, area);
        true
    }

    /// Keeps the cursor on a row that there is, and that row on the screen.
    pub fn follow(&mut self, standing: Standing<'_>, area: Rect) {
        let sheet = self.sheet(standing, area);
        self.follow_on(&sheet, area);
    }

    fn follow_on(&mut self, sheet: &Sheet, area: Rect) {
        self.row = self.row.min(sheet.rows().count().saturating_sub(1));
        let Some((place, at, row)) = sheet.spot(self.row) else { return };
        self.cell = self.cell.min(row.cells.len().saturating_sub(1));
        // The first row of a block brings its title along.
        let highest = if at == 0 { place.y } else { sheet.y_of(self.row) };
        let lowest = sheet.y_of(self.row).saturating_add(1).saturating_sub(area.height.max(1));
        let most = sheet.height().saturating_sub(area.height);
        self.top = self.top.clamp(lowest.min(highest), highest).max(lowest).min(most.max(lowest));
    }

    /// Puts the cursor on what stands at a position of the screen; false where there is nothing.
    pub fn point(&mut self, standing: Standing<'_>, area: Rect, (x, y): (u16, u16)) -> bool {
        let sheet = self.sheet(standing, area);
        let found = (0..sheet.rows().count()).find(|row| {
            let spot = sheet.area_of(*row, self.top, area);
            spot.is_some_and(|spot| spot.contains((x, y).into()))
        });
        let Some(row) = found else { return false };
        let Some((_, _, found)) = sheet.spot(row) else { return false };
        let spot = sheet.area_of(row, self.top, area).unwrap_or_default();
        let cells = draw::cells(found, spot);
        self.cell = cells.iter().position(|cell| cell.contains((x, y).into())).unwrap_or(0);
        self.row = row;
        true
    }

    /// The selected row and its cell.
    #[must_use]
    pub fn selected(&self) -> (usize, usize) {
        (self.row, self.cell)
    }

    /// Where the selected cell leads.
    #[must_use]
    pub fn lead(&self, standing: Standing<'_>, area: Rect) -> Option<Lead> {
        self.with_selected(standing, area, |cell| cell.lead.clone()).flatten()
    }

    /// The selected cell in words.
    #[must_use]
    pub fn told(&self, standing: Standing<'_>, area: Rect) -> Option<String> {
        self.with_selected(standing, area, |cell| cell.told.clone())
    }

    fn with_selected<T>(&self, standing: Standing<'_>, area: Rect, look: impl FnOnce(&Cell) -> T) -> Option<T> {
        let sheet = self.sheet(standing, area);
        sheet.spot(self.row).and_then(|(_, _, row)| row.cells.get(self.cell)).map(look)
    }

    fn sheet(&self, standing: Standing<'_>, area: Rect) -> Sheet {
        let sections = sections(&self.numbers, standing, area.width);
        let heights: Vec<u16> = sections.iter().map(Section::height).collect();
        let places = place(Heights { blocks: &heights, pair: PAIR }, area);
        Sheet { sections, places }
    }
}

impl Sheet {
    /// Every row with its block's number and its own within it.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        self.sections.iter().enumerate().flat_map(|(block, section)| (0..section.rows.len()).map(move |at| (block, at)))
    }

    /// The block's place, the row's number within it, and the row.
    fn spot(&self, row: usize) -> Option<(Rect, usize, &Row)> {
        let (block, at) = self.rows().nth(row)?;
        Some((*self.places.get(block)?, at, self.sections.get(block)?.rows.get(at)?))
    }

    /// The row of the sheet on which a row stands.
    fn y_of(&self, row: usize) -> u16 {
        let Some((block, at)) = self.rows().nth(row) else { return 0 };
        let above = self.sections.get(block).map_or(1, |section| 1 + usize::from(section.dated)) + at;
        self.places.get(block).map_or(0, |place| place.y).saturating_add(u16::try_from(above).unwrap_or(u16::MAX))
    }

    /// Where a row is on the screen when the sheet is scrolled to `top`.
    fn area_of(&self, row: usize, top: u16, area: Rect) -> Option<Rect> {
        let (place, _, _) = self.spot(row)?;
        let y = self.y_of(row).checked_sub(top).filter(|y| *y < area.height)?;
        Some(Rect { x: area.x.saturating_add(place.x), y: area.y.saturating_add(y), width: place.width, height: 1 })
    }

    fn height(&self) -> u16 {
        self.places.iter().map(|place| place.bottom()).max().unwrap_or(0)
    }

    /// The first row of the next block.
    fn block_after(&self, row: usize) -> usize {
        let block = self.rows().nth(row).map_or(0, |(block, _)| block);
        self.rows().position(|(other, _)| other > block).unwrap_or(0)
    }

    /// The first row of the block before.
    fn block_before(&self, row: usize) -> usize {
        let block = self.rows().nth(row).map_or(0, |(block, _)| block);
        let before = block.checked_sub(1).unwrap_or(self.sections.len().saturating_sub(1));
        self.rows().position(|(other, _)| other == before).unwrap_or(0)
    }

    /// The row that stands beside this one in another block.
    fn beside(&self, row: usize) -> Option<usize> {
        let y = self.y_of(row);
        let x = self.spot(row)?.0.x;
        let count = self.rows().count();
        (0..count).find(|other| self.y_of(*other) == y && self.spot(*other).is_some_and(|(place, _, _)| place.x != x))
    }
}

/// What numbers are counted from; once a minute they are counted again.
fn counted(revision: u64, usage: &Usage, now: jiff::Timestamp) -> Counted {
    (revision, (usage.accesses(), usage.extent()), now.as_second().div_euclid(60))
}
