//! Where each block of the overview goes: one below the other, and ages beside
//! the vault's health where there is room. A blank row parts them where all fit so.

use ratatui::layout::Rect;

/// Columns from which two blocks stand side by side.
const SIDE_BY_SIDE: u16 = 72;

/// How high each block is, in the order in which the cursor visits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heights<'a> {
    /// Rows, title included.
    pub(super) blocks: &'a [u16],
    /// The two that may stand side by side: this block and the next.
    pub(super) pair: usize,
}

/// Places the blocks on a sheet as wide as `area` and as high as it takes; from row 0 down.
#[must_use]
pub(super) fn place(heights: Heights<'_>, area: Rect) -> Vec<Rect> {
    let Heights { blocks, pair } = heights;
    let beside = area.width >= SIDE_BY_SIDE && pair + 1 < blocks.len();
    let band = |at: usize| match at {
        _ if beside && at == pair => blocks[at].max(blocks[at + 1]),
        _ if beside && at == pair + 1 => 0,
        _ => blocks[at],
    };
    let bands: u16 = (0..blocks.len()).map(band).fold(0, u16::saturating_add);
    let parts = u16::try_from(blocks.len().saturating_sub(if beside { 2 } else { 1 })).unwrap_or(0);
    let gap = u16::from(!beside || bands.saturating_add(parts) <= area.height);
    let left = area.width.saturating_mul(2) / 5;
    let mut y = 0_u16;
    let mut places = Vec::with_capacity(blocks.len());
    for (at, height) in blocks.iter().enumerate() {
        let (x, width) = match () {
            () if beside && at == pair => (0, left.saturating_sub(2)),
            () if beside && at == pair + 1 => (left, area.width.saturating_sub(left)),
            () => (0, area.width),
        };
        places.push(Rect { x, y, width, height: *height });
        if !(beside && at == pair) {
            let band = if beside && at == pair + 1 { band(pair) } else { *height };
            y = y.saturating_add(band).saturating_add(gap);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKS: [u16; 5] = [4, 7, 6, 4, 3];

    fn placed(width: u16, height: u16) -> Vec<Rect> {
        place(Heights { blocks: &BLOCKS, pair: 1 }, Rect::new(0, 0, width, height))
    }

    #[test]
    fn a_narrow_sheet_has_one_column_and_a_wide_one_two() {
        let narrow = placed(38, 10);
        assert_eq!(narrow.iter().map(|place| place.y).collect::<Vec<_>>(), [0, 5, 13, 20, 25]);
        let wide = placed(78, 19);
        assert_eq!((wide[1].y, wide[2].y, wide[2].x), (4, 4, 31));
        assert_eq!((wide[3].y, wide[4].y), (11, 15), "no gaps where they do not fit");
        assert_eq!(placed(78, 30)[3].y, 13);
    }

    #[test]
    fn blocks_never_overlap_and_never_leave_the_sheet() {
        for (width, height) in (0..150).flat_map(|width| [0, 5, 19, 40].map(|height| (width, height))) {
            let places = placed(width, height);
            for (at, place) in places.iter().enumerate() {
                assert!(place.right() <= width, "{width}: {place}");
                assert!(places[at + 1..].iter().all(|other| !place.intersects(*other)), "{width}x{height}");
            }
        }
    }
}
