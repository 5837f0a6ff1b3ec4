//! A form's field: label, input, what is wrong with it.

use crate::components::problem_of;
use domain::FieldError;
use leptos::prelude::*;

/// What an input is.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// The form field's name, and the element's id.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// The input's `type`.
    pub kind: &'static str,
    /// What the browser may fill in.
    pub autocomplete: &'static str,
}

/// A labelled input. `typed` is kept as it was typed.
pub(crate) fn field(field: Field, typed: String, errors: &[FieldError]) -> AnyView {
    let Field {
        name,
        label,
        kind,
        autocomplete,
    } = field;
    let error = error_of(errors, name, label);
    let error_id = format!("{name}.error");
    let described = error.is_some().then(|| error_id.clone());
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input id=name name=name type=kind value=typed autocomplete=autocomplete required
                aria-invalid=invalid aria-describedby=described />
            {problem_of(&error_id, error)}
        </div>
    }
    .into_any()
}

/// What is wrong with a field, as a sentence: messages are made to be read after the field's name.
pub(crate) fn error_of(errors: &[FieldError], name: &str, label: &str) -> Option<String> {
    let error = errors.iter().find(|error| error.field == name)?;
    Some(format!("{label} {}.", error.message))
}
