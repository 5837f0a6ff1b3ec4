//! Brokers that come late: a festival that reaches its brokers through a network in the story's hands.

#[path = "../../../crates/bus/tests/brokers/proxy.rs"]
mod proxy;

use super::Place;
pub use proxy::Proxy;

/// What a festival needs besides its processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broker {
    Queue,
    Log,
    Database,
}

impl Broker {
    pub const ALL: [Broker; 3] = [Broker::Queue, Broker::Log, Broker::Database];

    fn flag(self) -> &'static str {
        match self {
            Broker::Queue => "--queue-url",
            Broker::Log => "--log-url",
            Broker::Database => "--database-url",
        }
    }

    /// Puts a network between `place` and this broker. It is down at first.
    pub async fn comes_late(self, place: &mut Place) -> Proxy {
        let proxy = self.behind_proxy(place).await;
        proxy.down();
        proxy
    }

    /// Puts a network between `place` and this broker.
    pub async fn behind_proxy(self, place: &mut Place) -> Proxy {
        let url = place.flag(self.flag());
        let address = url.split("://").nth(1).unwrap();
        let address = address.rsplit('@').next().unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        let proxy = Proxy::before(address.clone()).await;
        place.reach(self.flag(), &address, &proxy.address().to_string());
        proxy
    }
}
