//! Where the cursor goes when several rows go at once, and its own with them.

use std::collections::HashMap;

use crate::vault::secret::SecretId;

use super::SecretsPane;

impl SecretsPane {
    /// The secrets of the other rows: those below the cursor, the nearest first, then those above.
    pub(super) fn nearest(&self) -> Vec<SecretId> {
        let row = self.cursor.row;
        let rows = (row + 1..self.rows.len()).chain((0..row).rev());
        rows.filter_map(|row| self.rows.secret_at(row)).map(|listed| listed.id).collect()
    }

    /// Stands on the first of these that still has a row.
    pub(super) fn stand_on_first(&mut self, ids: &[SecretId]) {
        let found = |row: usize| self.rows.secret_at(row).map(|listed| (listed.id, row));
        let rows: HashMap<SecretId, usize> = (0..self.rows.len()).filter_map(found).collect();
        if let Some(row) = ids.iter().find_map(|id| rows.get(id)) {
            self.cursor.row = *row;
        }
    }
}
