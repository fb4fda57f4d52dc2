//! What a context sees of a catalog: every name once, from the narrowest scope that has it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::catalog::{Catalog, Listed};
use super::scope::Context;

impl Catalog {
    /// The secrets that resolving in `context` can find, by name. A narrower one hides the
    /// wider ones of its name even if it has expired.
    #[must_use]
    pub fn visible(&self, context: &Context) -> Vec<&Listed> {
        let walk = context.walk();
        let ranks: HashMap<&str, usize> = walk.iter().zip(0..).map(|(scope, rank)| (scope.as_stored(), rank)).collect();
        let mut seen: HashMap<&str, (usize, &Listed)> = HashMap::new();
        for listed in self.listed() {
            let Some(&rank) = ranks.get(self.text(listed.scope)) else { continue };
            match seen.entry(&listed.name) {
                Entry::Vacant(free) => {
                    free.insert((rank, listed));
                }
                Entry::Occupied(mut held) if rank < held.get().0 => {
                    held.insert((rank, listed));
                }
                Entry::Occupied(_) => {}
            }
        }
        let mut seen: Vec<&Listed> = seen.into_values().map(|(_, listed)| listed).collect();
        seen.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::secret::{Metadata, Secret, SecretId};

    fn secret(number: u8, address: &str) -> Secret {
        Secret {
            id: SecretId([number; 16]),
            address: crate::vault::scope::Address::parse(address, &Default::default()).unwrap(),
            version: 1,
            fields: Vec::new(),
            metadata: Metadata::default(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            created_by: String::new(),
            updated_at: jiff::Timestamp::UNIX_EPOCH,
            value_changed_at: jiff::Timestamp::UNIX_EPOCH,
            last_rotated: None,
            deleted_at: None,
            rotation: Default::default(),
        }
    }

    #[test]
    fn each_name_comes_from_the_narrowest_scope() {
        let addresses = ["A", "prod/A", "prod/pay/A", "B", "stage/B", "pay/C", "prod/pay/eu/D"];
        let catalog: Catalog = addresses.iter().zip(0..).map(|(address, number)| secret(number, address)).collect();
        let seen = |scopes: &[&str]| -> Vec<String> {
            let context = Context::new(scopes.iter().map(|scope| scope.parse().unwrap()).collect());
            catalog.visible(&context).iter().map(|listed| catalog.address(listed).unwrap().to_string()).collect()
        };
        assert_eq!(seen(&["global"]), ["A", "B"]);
        assert_eq!(seen(&["prod/pay"]), ["prod/pay/A", "B"]);
        assert_eq!(seen(&["stage", "prod"]), ["prod/A", "stage/B"]);
        assert_eq!(seen(&["prod/pay", "pay", "prod", "global"]), ["prod/pay/A", "B", "pay/C"]);
    }
}
