//! A broker's network, in the test's hands.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

/// What the network does.
#[derive(Clone, Copy, Default)]
struct Network {
    /// Refuses connections.
    down: bool,
    /// Takes everything and carries nothing: the other side seems to say nothing.
    frozen: bool,
    /// How often all connections were cut.
    cuts: u32,
    /// How often all connections were left to themselves.
    strandings: u32,
}

/// Stands between a client and its broker.
pub struct Proxy {
    network: watch::Sender<Network>,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Before `target`, which may be there or not.
    pub async fn before(target: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (network, state) = watch::channel(Network::default());
        let listening = tokio::spawn(listen(Some(listener), address, target, state));
        Proxy {
            network,
            address,
            listening,
        }
    }

    /// Where the client finds it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts all connections and refuses new ones.
    pub fn down(&self) {
        self.network.send_modify(|network| {
            network.down = true;
            network.cuts += 1;
        });
    }

    /// Refuses new connections, and keeps those that it has.
    pub fn refuse(&self) {
        self.network.send_modify(|network| network.down = true);
    }

    /// Carries on, or again.
    pub fn up(&self) {
        self.network.send_modify(|network| {
            network.down = false;
            network.frozen = false;
        });
    }

    /// Holds everything up without telling anybody.
    pub fn freeze(&self) {
        self.network.send_modify(|network| network.frozen = true);
    }

    /// Carries nothing on the connections that there are, and never again; new ones are carried.
    pub fn strand(&self) {
        self.network.send_modify(|network| network.strandings += 1);
    }

    /// Cuts all connections, and takes new ones at once.
    pub fn cut(&self) {
        self.network.send_modify(|network| network.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(
    mut listener: Option<TcpListener>,
    address: SocketAddr,
    target: String,
    mut state: watch::Receiver<Network>,
) {
    loop {
        if state.borrow_and_update().down {
            listener = None;
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.unwrap());
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            Ok((client, _)) = accepted => {
                tokio::spawn(carry(client, target.clone(), state.clone()));
            }
        }
    }
}

async fn carry(client: TcpStream, target: String, mut state: watch::Receiver<Network>) {
    let Ok(broker) = TcpStream::connect(target).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_broker, to_broker) = broker.into_split();
    let cuts = state.borrow().cuts;
    tokio::select! {
        _ = pump(from_client, to_broker, state.clone()) => {}
        _ = pump(from_broker, to_client, state.clone()) => {}
        _ = state.wait_for(|network| network.cuts != cuts) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<Network>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let strandings = state.borrow().strandings;
    loop {
        let count = from.read(&mut buffer).await?;
        let carries = |network: &Network| !network.frozen && network.strandings == strandings;
        if count == 0 || state.wait_for(carries).await.is_err() {
            return Ok(());
        }
        to.write_all(&buffer[..count]).await?;
    }
}
