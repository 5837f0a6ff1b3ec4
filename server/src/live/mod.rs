pub(crate) mod watchers;
