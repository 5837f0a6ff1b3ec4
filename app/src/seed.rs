//! What a page brings along for its islands.

use crate::lean::{Lean, told};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a page was rendered with, on its way to an island in the browser.
#[derive(Clone, Debug, Default)]
pub struct Seed<T>(pub T);

/// Written by the server alone. (The browser has the code for it all the same, since an island may hold another.)
impl<T: Serialize> Serialize for Seed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if cfg!(target_arch = "wasm32") {
            serializer.serialize_unit()
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Seed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(Lean(deserializer)).map(Seed).map_err(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::view::{OrderRow, QueuesView};
    use serde::de::DeserializeOwned;

    fn read<T: DeserializeOwned>(json: &str) -> Result<Seed<T>, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn what_the_server_writes_is_read_as_serde_reads_it() {
        let queues = r#"{"queues":[{"name":"orders","ready":3,"unacked":null,"consumers":2,"in_per_second":1.5,
            "out_per_second":2,"dead":0,"lately":[1,2]}],"groups":[],"new":{"unknown":["to",1,null]}}"#;
        assert_eq!(
            read::<QueuesView>(queues).unwrap().0,
            serde_json::from_str(queues).unwrap()
        );
        let order = r#"{"order_id":"0190c2a4-7d5e-7a3b-8f10-000000000001","status":"rejected","reason":"sold_out",
            "tickets":2,"total":null,"placed_at":1.25,"updated_at":2}"#;
        assert_eq!(
            read::<OrderRow>(order).unwrap().0,
            serde_json::from_str(order).unwrap()
        );
        let pair: (String, String) = ("a \"b\"".to_owned(), "ü".to_owned());
        let written = serde_json::to_string(&Seed(pair.clone())).unwrap();
        assert_eq!(read::<(String, String)>(&written).unwrap().0, pair);
    }

    #[test]
    fn what_is_something_else_is_refused() {
        for json in [
            "",
            "[]",
            "{}",
            r#"{"queues":[],"groups":7}"#,
            r#"{"queues":[{}],"groups":[]}"#,
            r#"{"queues":[],"groups":[]"#,
        ] {
            assert!(read::<QueuesView>(json).is_err(), "{json}");
        }
    }
}
