// Loads the page anew when `cargo leptos watch` has built something. It sends {"all"|"css"|"view": …} on a socket of its own;
// the port is `reload-port` in Cargo.toml.
const listen = () => {
  const socket = new WebSocket(`ws://${location.hostname}:3001/live_reload`);
  socket.onmessage = ({ data }) => {
    const { all, css } = JSON.parse(data);
    if (all || css) location.reload();
  };
  socket.onclose = () => setTimeout(listen, 1000);
};
listen();
