//! `/ws/admin`: every sale, and all gauges.

use super::hub::Sale;
use super::line::{End, Line};
use super::{Gauge, gauges, resume};
use crate::accounts::{Admin, SessionId};
use crate::live::frames::Body;
use crate::state::App;
use axum::extract::ws::WebSocket;
use bus::{Positions, Topic};
use domain::live::News;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Instant, Interval, interval, sleep_until};

/// The most sales that are sent in one go, where each is wanted.
const AT_ONCE: usize = 512;
/// How often sales are sent where the last few are wanted: no quicker than people read.
const PACE: Duration = Duration::from_millis(200);
/// How often a session is checked that may have ended elsewhere.
const CHECK: Duration = Duration::from_secs(20);

/// A dashboard and where it is.
struct Dashboard {
    app: App,
    session: SessionId,
    sales: Receiver<Sale>,
    /// How many sales the reader shows; absent where it wants each.
    tail: Option<usize>,
    /// Not before then.
    next_sales: Instant,
    stock: Gauge,
    totals: Gauge,
    orders: Gauge,
    adjustments: Gauge,
    queues: Gauge,
    history: Gauge,
    ledger: Gauge,
    signed_out: Receiver<SessionId>,
    check: Interval,
    /// The sales up to here were told before the ring was listened to.
    told: Positions,
    cursor: String,
}

/// Serves one reader to its end: from a cursor, and with all sales or the last few of them.
pub(crate) async fn serve(
    socket: WebSocket,
    app: App,
    admin: Admin,
    since: Option<String>,
    tail: Option<usize>,
) {
    let mut check = interval(CHECK);
    check.reset();
    // Listening comes before reading, so that nothing falls in between.
    let mut dashboard = Dashboard {
        session: admin.session,
        sales: app.hub.listen(),
        tail,
        next_sales: Instant::now(),
        stock: app.gauges.stock.subscribe(),
        totals: app.gauges.totals.subscribe(),
        orders: app.gauges.orders.subscribe(),
        adjustments: app.gauges.adjustments.subscribe(),
        queues: app.gauges.queues.subscribe(),
        history: app.gauges.history.subscribe(),
        ledger: app.gauges.ledger.subscribe(),
        signed_out: app.accounts.signed_out(),
        check,
        told: Positions::default(),
        cursor: String::new(),
        app,
    };
    let start = match resume::resume(&dashboard.app.read_model, since.as_deref()).await {
        Ok(start) => start,
        Err(error) => {
            tracing::warn!(%error, "a dashboard could not begin");
            return;
        }
    };
    let build = dashboard.app.assets.build.clone();
    let stop = dashboard.app.shutdown.clone();
    let Ok(mut line) = Line::open(socket, stop, &build, &start.cursor).await else {
        return;
    };
    let end = match dashboard.begin(&mut line, start).await {
        Ok(()) => dashboard.watch(&mut line).await,
        Err(end) => end,
    };
    line.close(end).await;
}

impl Dashboard {
    async fn begin(&mut self, line: &mut Line, start: resume::Start) -> Result<(), End> {
        self.cursor = start.cursor;
        if let Some(coalesced) = start.gap {
            self.tell_gap(line, coalesced).await?;
        } else {
            self.tell_gauges(line).await?;
        }
        let sale = |(cursor, body): &(String, Body)| body.at(cursor);
        line.send(start.sales.iter().map(sale).collect()).await?;
        self.cursor = start.positions.to_string();
        self.told = start.positions;
        Ok(())
    }

    async fn watch(&mut self, line: &mut Line) -> End {
        loop {
            let told = tokio::select! {
                end = line.listen() => return end,
                sale = not_before(self.next_sales, &mut self.sales) => match sale {
                    Ok(sale) => self.tell_sales(line, sale).await,
                    Err(RecvError::Lagged(missed)) => self.tell_gap(line, missed).await,
                    Err(RecvError::Closed) => return End::Stopping,
                },
                Ok(()) = self.stock.changed() => tell(line, &mut self.stock, &self.cursor).await,
                Ok(()) = self.totals.changed() => tell(line, &mut self.totals, &self.cursor).await,
                Ok(()) = self.orders.changed() => tell(line, &mut self.orders, &self.cursor).await,
                Ok(()) = self.adjustments.changed() => tell(line, &mut self.adjustments, &self.cursor).await,
                Ok(()) = self.queues.changed() => tell(line, &mut self.queues, &self.cursor).await,
                Ok(()) = self.ledger.changed() => tell(line, &mut self.ledger, &self.cursor).await,
                Ok(()) = self.history.changed() => tell(line, &mut self.history, &self.cursor).await,
                ended = self.signed_out.recv() => match ended {
                    Ok(session) if session != self.session => Ok(()),
                    Ok(_) => Err(End::Over),
                    Err(_) => self.check_session().await,
                },
                _ = self.check.tick() => self.check_session().await,
            };
            if let Err(end) = told {
                return end;
            }
        }
    }

    /// This sale and those that are behind it already, in one go. Who shows the last few is sent those, and then left in
    /// peace for a moment.
    async fn tell_sales(&mut self, line: &mut Line, first: Sale) -> Result<(), End> {
        let mut newest = VecDeque::from([first]);
        let (mut left_out, mut missed) = (0, None);
        while self.tail.is_some() || newest.len() < AT_ONCE {
            match self.sales.try_recv() {
                Ok(next) => newest.push_back(next),
                Err(TryRecvError::Lagged(number)) => {
                    missed = Some(number);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
            if self.tail.is_some_and(|most| newest.len() > most) {
                newest.pop_front();
                left_out += 1;
            }
        }
        let told = &self.told;
        newest.retain(|sale| !told.includes(Topic::Analytics, sale.partition, sale.offset));
        if let Some(last) = newest.back() {
            last.at.as_ref().clone_into(&mut self.cursor);
        }
        let mut messages: Vec<_> = newest.iter().map(|sale| sale.body.at(&sale.at)).collect();
        if left_out > 0 {
            messages.push(self.gap(left_out));
        }
        line.send(messages).await?;
        if self.tail.is_some() {
            self.next_sales = Instant::now() + PACE;
        }
        match missed {
            Some(number) => self.tell_gap(line, number).await,
            None => Ok(()),
        }
    }

    /// That so many sales are left out.
    fn gap(&self, coalesced: u64) -> String {
        Body::new(&News::Gap { coalesced }).at(&self.cursor)
    }

    /// So many sales are left out; here is how it stands. The sales go on with the oldest that the ring still has.
    async fn tell_gap(&mut self, line: &mut Line, coalesced: u64) -> Result<(), End> {
        line.send(vec![self.gap(coalesced)]).await?;
        self.tell_gauges(line).await
    }

    async fn tell_gauges(&mut self, line: &mut Line) -> Result<(), End> {
        let now = self.app.read_model.now();
        let lists = async {
            let read_model = &self.app.read_model;
            Ok::<_, sqlx::Error>([
                gauges::orders(read_model, &self.app.arrivals).await?,
                gauges::adjustments(read_model).await?,
                gauges::history(read_model).await?,
            ])
        };
        let lists = lists.await.map_err(|error| {
            tracing::warn!(%error, "the dashboard's lists cannot be read");
            End::Failed
        })?;
        let mut bodies = vec![
            gauges::stock(&now),
            gauges::totals(&now, self.app.intake.memory()),
            Body::new(&News::Queues(self.app.queues.view().await)),
        ];
        bodies.extend(lists);
        line.send(bodies.iter().map(|body| body.at(&self.cursor)).collect())
            .await
    }

    /// Ends where the session has. A database that is away ends nothing.
    async fn check_session(&mut self) -> Result<(), End> {
        match self.app.accounts.admin_of(self.session.clone()).await {
            Ok(None) => Err(End::Over),
            Ok(Some(_)) | Err(_) => Ok(()),
        }
    }
}

async fn not_before(moment: Instant, sales: &mut Receiver<Sale>) -> Result<Sale, RecvError> {
    sleep_until(moment).await;
    sales.recv().await
}

async fn tell(line: &mut Line, gauge: &mut Gauge, cursor: &str) -> Result<(), End> {
    let body = gauge.borrow_and_update().clone();
    line.send(body.iter().map(|body| body.at(cursor)).collect())
        .await
}
