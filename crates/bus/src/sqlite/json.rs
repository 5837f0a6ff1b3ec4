//! Many values as one parameter: SQLite's `json_each` makes rows of them again.

/// A JSON array of texts that are JSON themselves.
pub(super) struct JsonArray {
    text: String,
    /// How many there are.
    pub count: i64,
}

impl Default for JsonArray {
    fn default() -> JsonArray {
        JsonArray {
            text: "[".to_owned(),
            count: 0,
        }
    }
}

impl JsonArray {
    /// Adds `value`, which is JSON.
    pub fn push(&mut self, value: &str) {
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(value);
        self.count += 1;
    }

    /// The array.
    pub fn finish(mut self) -> String {
        self.text.push(']');
        self.text
    }
}

/// `numbers` as a JSON array.
pub(super) fn json_numbers(numbers: &[i64]) -> String {
    let mut array = JsonArray::default();
    numbers
        .iter()
        .for_each(|number| array.push(&number.to_string()));
    array.finish()
}
