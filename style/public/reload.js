// Loads the page anew when `cargo leptos watch` has built something. It sends {"all"|"css"|"view": …} on a socket of its own;
// its address is `site-addr` with the port `reload-port`, both in Cargo.toml.
const listen = () => {
  const socket = new WebSocket("ws://127.0.0.1:3002/live_reload");
  socket.onmessage = ({ data }) => {
    const { all, css } = JSON.parse(data);
    if (all || css) location.reload();
  };
  socket.onclose = () => setTimeout(listen, 1000);
};
listen();
