#![doc = include_str!("../README.md")]

use clap::Args;
use ops::{
    Bus, BusSettings, DataSettings, DatabaseSettings, Location, OperatorsPort, OperatorsSettings,
    SecretSettings, Secrets, SettingsError,
};
use server::{NewAdmin, Server, ServerContext, ServerSettings};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;
use workers::email::{self, MailSettings};
use workers::gateway::{self, GatewaySettings};
use workers::inventory::{self, InventorySettings};
use workers::payment::{self, PaymentSettings};
use workers::{Host, StartError as WorkerError};

/// Everything that an installation in one process can be set to.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Where files are kept.
    #[command(flatten)]
    pub data: DataSettings,
    /// Where the brokers are.
    #[command(flatten)]
    pub bus: BusSettings,
    /// Where the databases are.
    #[command(flatten)]
    pub databases: DatabaseSettings,
    /// What signs.
    #[command(flatten)]
    pub secrets: SecretSettings,
    /// The server.
    #[command(flatten)]
    pub server: ServerSettings,
    /// Where operators ask.
    #[command(flatten)]
    pub operators: OperatorsSettings,
    /// The inventory service.
    #[command(flatten)]
    pub inventory: InventorySettings,
    /// The payment service.
    #[command(flatten)]
    pub payment: PaymentSettings,
    /// The simulated payment gateway.
    #[command(flatten)]
    pub gateway: GatewaySettings,
    /// The email service.
    #[command(flatten)]
    pub mail: MailSettings,
}

impl Settings {
    /// Where mails go, for people.
    pub fn mails(&self) -> String {
        match self.mail.smtp_url {
            Some(_) => "by the mail server of FESTFLOW_SMTP_URL".to_owned(),
            None => self.data.path.join("mail/*.eml").display().to_string(),
        }
    }
}

/// Why it cannot start: one line for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting that all processes have.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The server.
    #[error(transparent)]
    Server(#[from] server::StartError),
    /// A worker.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The system.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// A worker's start was cut short.
    #[error(transparent)]
    CutShort(#[from] tokio::task::JoinError),
}

/// An installation that is open but not yet running.
pub struct Installation {
    server: Server,
    host: Host,
    listener: TcpListener,
    operators: OperatorsPort,
    /// Workers that wait for their databases.
    starting: Option<JoinHandle<Result<(), StartError>>>,
}

/// How long everything else waits for the workers' databases.
const PATIENCE: Duration = Duration::from_secs(3);

impl Installation {
    /// Opens everything and starts the workers, which stop with `shutdown`. The ports are taken first: of two
    /// installations that are started by mistake the second says so and touches nothing. Workers whose database is not
    /// there yet start when it is; orders are taken meanwhile.
    ///
    /// # Errors
    /// One line for the terminal.
    pub async fn open(
        settings: Settings,
        shutdown: CancellationToken,
    ) -> Result<Installation, StartError> {
        let locations = Locations::of(&settings)?;
        let listener = settings.server.bind().await?;
        let operators = settings.operators.open_for_server().await?;
        settings.data.prepare()?;
        let bus = settings.bus.open(&settings.data)?;
        let secrets = settings.secrets.load(&settings.data)?;
        let server = open_server(&settings, &locations, bus.clone(), secrets.clone()).await?;
        let host = Host::new(bus, shutdown);
        let site = site(&settings, &listener);
        let mut workers = tokio::spawn(start_workers(
            host.clone(),
            settings,
            locations,
            secrets,
            site,
        ));
        let starting = match tokio::time::timeout(PATIENCE, &mut workers).await {
            Ok(started) => {
                if let Err(error) = started.map_err(StartError::from).flatten() {
                    // Those that have started end first, so that the reason is the last word.
                    host.shutdown().cancel();
                    return Err(host
                        .finished()
                        .await
                        .map_or_else(StartError::from, |()| error));
                }
                None
            }
            Err(_) => Some(workers),
        };
        Ok(Installation {
            server,
            host,
            listener,
            operators,
            starting,
        })
    }

    /// See [`Server::new_admin`].
    pub fn new_admin(&mut self) -> impl Future<Output = Option<NewAdmin>> + Send + 'static {
        self.server.new_admin()
    }

    /// The port for operators.
    pub fn operators(&self) -> &OperatorsPort {
        &self.operators
    }

    /// The port for everybody.
    pub fn listener(&self) -> &TcpListener {
        &self.listener
    }

    /// Runs until it is told to stop; then it finishes what is in hand.
    ///
    /// # Errors
    /// The listener failed, or a worker's database is not one after all.
    pub async fn run(self) -> Result<(), StartError> {
        let shutdown = self.host.shutdown().clone();
        let started = async {
            let started = match self.starting {
                Some(workers) => workers.await.map_err(StartError::from).flatten(),
                None => Ok(()),
            };
            if started.is_err() {
                shutdown.cancel();
            }
            started
        };
        let served = async {
            let served = self
                .server
                .run(self.listener, self.operators, shutdown.clone())
                .await;
            // When the listener failed nobody has said so to the workers yet.
            shutdown.cancel();
            served
        };
        let (started, served) = tokio::join!(started, served);
        let finished = self.host.finished().await.map_err(StartError::from);
        started.and(served.map_err(StartError::from)).and(finished)
    }
}

/// Where mails lead people: to the address that was set, or to this very machine if only it can ask us.
fn site(settings: &Settings, listener: &TcpListener) -> Option<Url> {
    settings.server.public_url.clone().or_else(|| {
        let address = listener.local_addr().ok()?;
        let url = format!("http://{address}/").parse().ok();
        url.filter(|_| address.ip().is_loopback())
    })
}

/// Where each service's database is.
struct Locations {
    accounts: Location,
    inventory: Location,
    gateway: Location,
    payments: Location,
    email: Location,
}

impl Locations {
    fn of(settings: &Settings) -> Result<Locations, SettingsError> {
        let (data, bus) = (&settings.data, &settings.bus);
        let location = |service| settings.databases.location(service, data, bus);
        Ok(Locations {
            accounts: location("accounts")?,
            inventory: location(inventory::SERVICE)?,
            gateway: location(gateway::SERVICE)?,
            payments: location(payment::SERVICE)?,
            email: location(email::SERVICE)?,
        })
    }
}

async fn start_workers(
    host: Host,
    settings: Settings,
    locations: Locations,
    secrets: Secrets,
    site: Option<Url>,
) -> Result<(), StartError> {
    inventory::start(&host, &locations.inventory, &settings.inventory).await?;
    if let Some(gateway) = gateway::start(&host, &locations.gateway, &settings.gateway).await? {
        payment::start(&host, &locations.payments, gateway, &settings.payment).await?;
    }
    email::start(
        &host,
        &locations.email,
        &settings.mail,
        &settings.data,
        &secrets,
        site,
    )
    .await?;
    Ok(())
}

async fn open_server(
    settings: &Settings,
    locations: &Locations,
    bus: Bus,
    secrets: Secrets,
) -> Result<Server, StartError> {
    let context = ServerContext {
        accounts: locations.accounts.clone(),
        settings: settings.server.clone(),
        data: settings.data.clone(),
        secrets,
        bus,
    };
    Ok(Server::open(context).await?)
}
