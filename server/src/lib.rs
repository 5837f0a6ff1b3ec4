//! FestFlow's web server: pages, HTTP API, WebSockets, read model, sign-in.
