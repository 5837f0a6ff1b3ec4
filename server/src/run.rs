//! Opening the server, and running it.

use crate::accounts::{Accounts, NewAdmin, Opening};
use crate::adjustments::Adjustments;
use crate::bulkhead::Bulkheads;
use crate::http::HttpServer;
use crate::intake::Intake;
use crate::intake::keys::Keys;
use crate::ledger;
use crate::live::arrivals::Arrivals;
use crate::live::gauges::Gauges;
use crate::live::hub::Hub;
use crate::live::queues::Queues;
use crate::live::waiting::WaitingLine;
use crate::live::watchers::Watchers;
use crate::order_search::{Buyers, Searches};
use crate::read_model::{Committed, OnCommit, ReadModel, Unfed};
use crate::readiness::QueueProbe;
use crate::routes::{self, health};
use crate::state::{App, Parts};
use crate::ticket_files::TicketFiles;
use crate::web::origin::Origins;
use crate::{ServerSettings, StartError, site};
use app::pages::Brokers;
use axum::routing::get;
use bus::EventLog;
use ops::{Bus, DataSettings, Metrics, OperatorsPort, Secrets, Tasks};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use store::Location;
use tickets::{TicketPrinter, TicketSigner};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests and sockets may take to end once the server is told to stop.
const REQUESTS_TIMEOUT: Duration = Duration::from_secs(7);
/// How long the tasks behind them may take after that.
const TASKS_TIMEOUT: Duration = Duration::from_secs(2);

/// What a server works with; its process has it already.
pub struct ServerContext {
    /// Its own settings.
    pub settings: ServerSettings,
    /// The data directory.
    pub data: DataSettings,
    /// The installation's secrets.
    pub secrets: Secrets,
    /// Both ports.
    pub bus: Bus,
    /// The database of the accounts.
    pub accounts: Location,
}

/// A server that is ready to run.
pub struct Server {
    app: App,
    http: HttpServer,
    drain: Duration,
    metrics: Metrics,
    log: Arc<dyn EventLog>,
    unfed: Unfed,
    opening: Opening,
    new_admin: Option<oneshot::Receiver<Option<NewAdmin>>>,
}

impl Server {
    /// Opens what is the server's own. Brokers and the accounts' database need not be there yet.
    ///
    /// # Errors
    /// One line for the terminal: a setting, the site, the directory of the accounts, or the read model's file.
    pub async fn open(context: ServerContext) -> Result<Server, StartError> {
        let metrics = Metrics::start();
        let settings = context.settings;
        settings.check()?;
        context.accounts.prepare()?;
        let assets = site::assets(&settings.site, settings.leptos_output_name.as_deref())?;
        let reload_port = settings.reload_port();
        let signer = TicketSigner::new(context.secrets.all()).map_err(StartError::broken)?;
        let signer = Arc::new(signer);
        let printer = TicketPrinter::new().map_err(StartError::broken)?;
        let path = settings
            .read_model
            .unwrap_or_else(|| context.data.path.join("read-model.db"));
        let (read_model, unfed) =
            ReadModel::open(&path, signer.clone(), settings.keep_history).await?;
        let keys = Keys::new(context.secrets);
        let Bus { queue, log } = context.bus;
        let accounts = Accounts::new();
        let (told, new_admin) = oneshot::channel();
        let opening = Opening {
            accounts: accounts.clone(),
            location: context.accounts,
            admin_password: settings.admin_password,
            log: log.clone(),
            new_admin: told,
        };
        let arrivals = Arrivals::new();
        let app = App(Arc::new(Parts {
            assets,
            brokers: Brokers {
                queue: queue.broker(),
                log: log.broker(),
            },
            files: site::directory(&settings.site),
            reload_port,
            origins: Origins::new(settings.public_url),
            intake: Intake::new(
                queue.clone(),
                keys.clone(),
                read_model.clone(),
                arrivals.clone(),
            ),
            keys,
            watchers: Watchers::default(),
            waiting_line: WaitingLine::default(),
            arrivals,
            hub: Hub::new(),
            gauges: Gauges::new(),
            queues: Queues::new(queue.clone(), log.clone(), read_model.clone()),
            searches: Searches::default(),
            sales_tables: Bulkheads::new(1, 0),
            buyers: Buyers::new(log.clone()),
            read_model,
            accounts,
            adjustments: Adjustments::default(),
            sockets: settings.http.sockets(),
            long_polls: settings.http.long_polls(),
            tasks: TaskTracker::new(),
            ticket_files: TicketFiles::new(printer, signer),
            queue_probe: QueueProbe::new(queue.clone()),
            queue,
            draining: CancellationToken::new(),
            shutdown: CancellationToken::new(),
        }));
        let http = HttpServer {
            router: routes::router(app.clone()),
            proxies: Arc::new(settings.http.proxies()),
            connections: settings.http.connections(),
            draining: app.draining.clone(),
            closing: app.shutdown.clone(),
        };
        Ok(Server {
            app,
            http,
            drain: settings.http.drain(),
            metrics,
            log,
            unfed,
            opening,
            new_admin: Some(new_admin),
        })
    }

    /// Waits, once the server runs, until the accounts are open: gives the admin that was made now, whose password is to
    /// be shown to whoever started the server. Nothing when there was one already, or when the installation sets its
    /// password. Only the first call gives anything.
    pub fn new_admin(&mut self) -> impl Future<Output = Option<NewAdmin>> + Send + 'static {
        let told = self.new_admin.take();
        async move { told?.await.ok().flatten() }
    }

    /// Serves on `listener`, and operators on theirs, until `shutdown`. Then it says that it is not ready and goes on for as
    /// long as is set, so that whoever spreads requests over servers leaves this one out, each answer being its connection's last. Then it takes no
    /// more, ends what is open, and returns, all within 10 s.
    ///
    /// # Errors
    /// A task has panicked.
    pub async fn run(
        self,
        listener: TcpListener,
        operators: OperatorsPort,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let app = self.app;
        // Ours is cancelled in any case, so that no task outlives the server.
        let stop = app.shutdown.clone();
        let _stop_at_the_end = stop.clone().drop_guard();
        let tasks = Tasks::new(stop.clone());
        tasks.spawn(self.unfed.run(self.log, on_commit(&app), stop.clone()));
        tasks.spawn(self.opening.run(stop.clone()));
        let ready = get(health::ready).with_state(app.clone());
        tasks.spawn(operators.serve(self.metrics, ready, stop.clone()));
        let (read_model, memory) = (app.read_model.clone(), app.intake.memory().clone());
        let arrivals = app.arrivals.clone();
        let gauges = app.gauges.clone();
        tasks.spawn(gauges.clone().run_history(read_model.clone(), stop.clone()));
        let (line, queue) = (app.waiting_line.clone(), app.queue.clone());
        tasks.spawn(line.run(queue, read_model.clone(), memory.clone(), stop.clone()));
        tasks.spawn(gauges.run(read_model, memory, arrivals, stop.clone()));
        tasks.spawn(ledger::keep(app.clone()));
        let queues = app.queues.clone();
        tasks.spawn(queues.clone().note_depths(stop.clone()));
        tasks.spawn(queues.run(app.gauges.queues.clone(), stop.clone()));

        let serving = self.http.run(listener);
        let drained = async {
            if stop
                .run_until_cancelled(shutdown.cancelled())
                .await
                .is_some()
            {
                app.draining.cancel();
                stop.run_until_cancelled(sleep(self.drain)).await;
                stop.cancel();
            }
            sleep(REQUESTS_TIMEOUT.saturating_sub(self.drain)).await;
        };
        tokio::select! {
            () = serving => {}
            () = drained => tracing::warn!("some requests did not end in time"),
        }
        stop.cancel();
        let finished = async {
            app.tasks.close();
            app.tasks.wait().await;
            tasks.finished().await
        };
        let finished = tokio::time::timeout(TASKS_TIMEOUT, finished)
            .await
            .unwrap_or_else(|_| {
                tracing::warn!("some tasks did not end in time");
                Ok(())
            });
        app.read_model.close().await;
        finished.map_err(std::io::Error::other)
    }
}

/// Who is told of new events.
fn on_commit(app: &App) -> OnCommit {
    let (memory, watchers) = (app.intake.memory().clone(), app.watchers.clone());
    let hub = app.hub.clone();
    Box::new(move |committed: &Committed<'_>| {
        let orders = || {
            committed
                .entries
                .iter()
                .filter_map(|entry| entry.order_id.as_ref())
        };
        memory.decided(orders());
        watchers.tell(orders());
        hub.publish(committed);
    })
}
