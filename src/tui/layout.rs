//! Size → [`SizeClass`] → named areas.
//!
//! Used by `update` (how many rows a page has) and by `view` (where things go),
//! so that the two agree. Nothing here subtracts without saturating: a terminal
//! may have any size, 0×0 too.

use ratatui::layout::Rect;

/// Least columns and rows for more than one line.
const LEAST: (u16, u16) = (40, 8);
/// Body rows from which detail and history stand one above the other.
const STACKED_ROWS: u16 = 12;
/// Body rows from which a wide screen stacks them too, so that their lines stay whole.
const TALL_ROWS: u16 = 30;
/// Columns from which they are whole side by side.
const SPARE_COLUMNS: u16 = 200;

/// Which pane has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The list.
    #[default]
    Secrets,
    /// The secret's fields and metadata.
    Detail,
    /// Its versions or audit records.
    History,
}

impl Pane {
    /// In the order of Tab.
    pub const ALL: [Self; 3] = [Self::Secrets, Self::Detail, Self::History];

    /// The pane after this one, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Secrets => Self::Detail,
            Self::Detail => Self::History,
            Self::History => Self::Secrets,
        }
    }

    /// The pane before this one, round and round.
    #[must_use]
    pub fn previous(self) -> Self {
        self.next().next()
    }
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeClass {
    /// One line; the keys still lock and quit.
    TooSmall,
    /// One pane at a time.
    Narrow,
    /// The list, and beside it detail over history.
    Normal,
    /// A wider list, and detail and history side by side where rows are few.
    Wide,
}

/// The class of a size in cells.
#[must_use]
pub fn size_class(width: u16, height: u16) -> SizeClass {
    match width {
        _ if width < LEAST.0 || height < LEAST.1 => SizeClass::TooSmall,
        0..80 => SizeClass::Narrow,
        80..120 => SizeClass::Normal,
        _ => SizeClass::Wide,
    }
}

/// Where everything goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Areas {
    /// How much room there is.
    pub class: SizeClass,
    /// The vault, and what is wrong with it.
    pub header: Rect,
    /// Panes and dialogs.
    pub body: Rect,
    /// What just happened.
    pub notice: Rect,
    /// Which keys work.
    pub hints: Rect,
    panes: [Option<Rect>; 3],
}

impl Areas {
    /// The areas of a screen; `zoomed` gives the focused pane the whole body.
    #[must_use]
    pub fn new(area: Rect, focus: Pane, zoomed: bool) -> Self {
        let class = size_class(area.width, area.height);
        let row = |from_top: u16| Rect { y: area.y.saturating_add(from_top), height: 1, ..area }.intersection(area);
        let body =
            Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(3), ..area }.intersection(area);
        Self {
            class,
            header: row(0),
            body,
            notice: row(area.height.saturating_sub(2)),
            hints: row(area.height.saturating_sub(1)),
            panes: panes(class, body, focus, zoomed),
        }
    }

    /// Where a pane goes; `None` when it is not on the screen.
    #[must_use]
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        self.panes[pane as usize]
    }

    /// The pane that has a cell.
    #[must_use]
    pub fn pane_at(&self, (x, y): (u16, u16)) -> Option<Pane> {
        let has = |pane: &Pane| self.pane(*pane).is_some_and(|area| area.contains((x, y).into()));
        Pane::ALL.into_iter().find(has)
    }

    /// The rows that a list in `pane` shows, at least 1.
    #[must_use]
    pub fn rows(&self, pane: Pane) -> usize {
        let inner = self.pane(pane).map_or(0, |area| inside(area).height);
        let above = if pane == Pane::Secrets { 1 } else { 0 };
        usize::from(inner.saturating_sub(above)).max(1)
    }
}

/// Which row of a list drawn in `list` has a cell, counted from the first one shown.
#[must_use]
pub fn row_at(list: Rect, (x, y): (u16, u16)) -> Option<usize> {
    list.contains((x, y).into()).then(|| usize::from(y - list.y))
}

/// The room within a pane's frame. It is the same whether the frame is drawn or not.
#[must_use]
pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
    .intersection(area)
}

/// `width` × `height` cells in the middle of `area`, or what fits.
#[must_use]
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x.saturating_add(area.width.saturating_sub(width) / 2),
        y: area.y.saturating_add(area.height.saturating_sub(height) / 2),
        width,
        height,
    }
}

fn panes(class: SizeClass, body: Rect, focus: Pane, zoomed: bool) -> [Option<Rect>; 3] {
    let only = |pane: Pane| Pane::ALL.map(|each| (each == pane).then_some(body));
    match class {
        SizeClass::TooSmall => [None; 3],
        SizeClass::Narrow => only(focus),
        _ if zoomed => only(focus),
        SizeClass::Normal => {
            let (list, right) = split_columns(body, (body.width / 2).clamp(40, 52));
            if right.height < STACKED_ROWS {
                let history = focus == Pane::History;
                return [Some(list), (!history).then_some(right), history.then_some(right)];
            }
            let (detail, history) = split_rows(right, right.height.div_ceil(2));
            [Some(list), Some(detail), Some(history)]
        }
        SizeClass::Wide => {
            let (list, right) = split_columns(body, (body.width / 5).saturating_mul(2).clamp(48, 72));
            // Side by side where there are no rows to stack them in, or columns to spare.
            let side_by_side = right.height < TALL_ROWS || body.width >= SPARE_COLUMNS;
            let (detail, history) = if side_by_side {
                split_columns(right, right.width / 2)
            } else {
                split_rows(right, right.height.div_ceil(2))
            };
            [Some(list), Some(detail), Some(history)]
        }
    }
}

fn split_columns(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    let right = Rect { x: area.x.saturating_add(left), width: area.width.saturating_sub(left), ..area };
    (Rect { width: left, ..area }, right)
}

fn split_rows(area: Rect, above: u16) -> (Rect, Rect) {
    let above = above.min(area.height);
    let below = Rect { y: area.y.saturating_add(above), height: area.height.saturating_sub(above), ..area };
    (Rect { height: above, ..area }, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_change_at_their_sizes() {
        let classes =
            [(39, 24), (40, 7), (40, 8), (79, 24), (80, 24), (119, 24), (120, 24)].map(|(w, h)| size_class(w, h));
        use SizeClass::{Narrow, Normal, TooSmall, Wide};
        assert_eq!(classes, [TooSmall, TooSmall, Narrow, Narrow, Normal, Normal, Wide]);
    }

    #[test]
    fn every_cell_of_the_body_is_in_one_pane_and_its_row_is_the_one_drawn_there() {
        let areas = Areas::new(Rect::new(0, 0, 80, 24), Pane::Secrets, false);
        for (x, y) in (0..80).flat_map(|x| (0..24).map(move |y| (x, y))) {
            let on_body = areas.body.contains((x, y).into());
            assert_eq!(areas.pane_at((x, y)).is_some(), on_body, "{x},{y}");
        }
        let list = inside(areas.pane(Pane::Secrets).unwrap());
        for (cell, row) in
            [((0, 1), None), ((1, 1), None), ((1, 2), Some(0)), ((38, 20), Some(18)), ((39, 20), None), ((1, 21), None)]
        {
            assert_eq!(row_at(list, cell), row, "{cell:?} of {list}");
        }
        assert_eq!(row_at(Rect::default(), (0, 0)), None);
    }

    #[test]
    fn panes_fill_the_body_without_overlap_at_every_size() {
        for (width, height) in (0..200).flat_map(|width| (0..50).map(move |height| (width, height))) {
            for (focus, zoomed) in Pane::ALL.into_iter().flat_map(|pane| [(pane, false), (pane, true)]) {
                let area = Rect::new(0, 0, width, height);
                let areas = Areas::new(area, focus, zoomed);
                let shown: Vec<Rect> = Pane::ALL.iter().filter_map(|pane| areas.pane(*pane)).collect();
                if areas.class == SizeClass::TooSmall {
                    assert!(shown.is_empty());
                    continue;
                }
                assert!(areas.pane(focus).is_some());
                assert_eq!(shown.iter().map(|pane| pane.area()).sum::<u32>(), areas.body.area());
                assert!(shown.iter().all(|pane| areas.body.intersection(*pane) == *pane));
            }
        }
    }
}
