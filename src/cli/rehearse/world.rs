//! The whole system of a rehearsal: our server on loopback with its loops, the simulated WeChat, a clock that is moved,
//! the unions with their officers.

use super::ground;
use super::http::Http;
use super::person;
use super::plan::{Plan, Planned, STREETS};
use super::{Options, PASSWORD};
use crate::app::App;
use crate::application::tally;
use crate::audit::Actor;
use crate::cache::Cache;
use crate::campaign::{self, Window};
use crate::cli::setup::{self, Windows};
use crate::cli::{demo, menu, serve, told};
use crate::clock::Clock;
use crate::db::{Kind as DbKind, Tx};
use crate::kernel::time::{DAY, MINUTE};
use crate::kernel::{Phone, Time};
use crate::outbox;
use crate::sim::openid_of;
use crate::union::officers::{self, NewOfficer};
use crate::union::tree::{self, NewUnion};
use crate::union::{Kind, Role, Union};
use anyhow::Context as _;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Officers of the centre, which decides everything last.
const CENTRE_OFFICERS: usize = 4;
/// So long may the outbox take to become empty.
const SETTLE: Duration = Duration::from_secs(20 * 60);

/// A unit with its streets.
pub struct Unit {
    /// The unit.
    pub union: Union,
    /// Its street unions; none where nobody is.
    pub streets: Vec<Union>,
}

/// Who decides, where.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The union's id.
    pub union_id: String,
    /// 0 street, 1 unit, 2 centre.
    pub level: usize,
    /// Phone to sign in with.
    pub phone: String,
    /// From 0 over all officers.
    pub no: usize,
}

/// Everything that runs.
pub struct World {
    /// The server's own means: for the clock, the setting up and the looking into the books.
    pub app: App,
    /// The way everybody acts.
    pub http: Http,
    /// Tells the people of this rehearsal from those of earlier ones.
    pub offset: usize,
    /// The campaign's year.
    pub year: i32,
    /// The campaign.
    pub campaign_id: String,
    /// By their index in the plan's quotas.
    pub units: Vec<Unit>,
    /// Who decides.
    pub seats: Vec<Seat>,
    /// The windows of both intakes.
    pub windows: Vec<Windows>,
    served: JoinHandle<anyhow::Result<()>>,
    simulated: JoinHandle<std::io::Result<()>>,
    stop_sim: CancellationToken,
}

impl World {
    /// Starts everything on a checked ground and makes unions, campaign and officers.
    pub async fn start(options: &Options, plan: &Plan) -> anyhow::Result<World> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("本机没有可用的端口")?;
        let sim_listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("本机没有可用的端口")?;
        let (listen, sim_listen) = (listener.local_addr()?, sim_listener.local_addr()?);
        let config = ground::config(options, listen, sim_listen)?;
        let ground = ground::check(&config).await?;
        let windows = setup::windows_of(ground.year);
        let opens = first(&windows)?.from;
        let app = App::open(config, Clock::driven_from(opens.plus(-4 * DAY))).await?;
        ground::begin(&app, options, &ground).await?;
        let sim = demo::simulator(&app);
        let stop_sim = CancellationToken::new();
        let simulated = tokio::spawn(sim.serve(sim_listener, stop_sim.clone()));
        menu::push(&app.wechat, &menu::Source::embedded(&app.config.http.public_url)?).await?;
        let served = tokio::spawn(serve::until_stopped(app.clone(), listener));
        let http = Http::new(
            format!("http://{listen}"),
            format!("http://{sim_listen}"),
            app.stop.clone(),
        )?;
        let mut world = World {
            http,
            offset: ground.run * person::APART,
            year: ground.year,
            campaign_id: String::new(),
            units: Vec::new(),
            seats: Vec::new(),
            windows,
            app,
            served,
            simulated,
            stop_sim,
        };
        world.people(plan).await?;
        Ok(world)
    }

    /// Unions, campaign and officers.
    async fn people(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let app = self.app.clone();
        let mut tx = app.db.write().await?;
        let root = setup::city(&app, &mut tx).await.map_err(told)?;
        tx.commit().await?;
        let mut tx = app.db.write().await?;
        let units = setup::season(&app, &mut tx, self.year, &self.windows, &plan.quotas).await;
        tx.commit().await?;
        for (at, union) in units.map_err(told)?.into_iter().enumerate() {
            let streets = match plan.active.contains(&at) {
                true => streets(&app, &union).await?,
                false => Vec::new(),
            };
            self.units.push(Unit { union, streets });
        }
        let chain = tree::review_chain(&app, &root.id).await.map_err(told)?;
        let centre = chain.into_iter().next_back().context("市总工会没有审核机构")?;
        self.officers(&centre).await?;
        let current = campaign::current(&app)
            .await
            .map_err(told)?
            .context("没有年度行动")?;
        anyhow::ensure!(current.intake.year == self.year, "年度行动不是演练所建");
        self.campaign_id = current.campaign_id;
        Ok(())
    }

    /// One officer a street, two a unit, four at the centre; every second one has bound WeChat.
    async fn officers(&mut self, centre: &Union) -> anyhow::Result<()> {
        let mut where_to: Vec<(String, usize)> = Vec::new();
        for unit in self.units.iter().filter(|unit| !unit.streets.is_empty()) {
            where_to.extend(unit.streets.iter().map(|street| (street.id.clone(), 0)));
            where_to.extend([(unit.union.id.clone(), 1), (unit.union.id.clone(), 1)]);
        }
        where_to.extend((0..CENTRE_OFFICERS).map(|_| (centre.id.clone(), 2)));
        for (no, (union_id, level)) in where_to.into_iter().enumerate() {
            let phone = person::officer_phone(self.offset + no);
            self.officer(&union_id, no, &phone).await?;
            self.seats.push(Seat {
                union_id,
                level,
                phone,
                no,
            });
        }
        Ok(())
    }

    async fn officer(&self, union_id: &str, no: usize, phone: &str) -> anyhow::Result<()> {
        let user = format!("reh-o{}", self.offset + no);
        let openid = no.is_multiple_of(2).then(|| openid_of(&user));
        if openid.is_some() {
            let new = json!({ "user": user, "nickname": "演练审核员", "phone": phone });
            self.http.sim_post("/sim/users", &new).await?;
            self.http
                .sim_post("/sim/follow", &json!({ "user": user }))
                .await?;
        }
        let phone = Phone::stored(phone.to_owned());
        let new = NewOfficer {
            union_id,
            name: "演练审核员",
            phone: &phone,
            password: PASSWORD,
            roles: &[Role::Reviewer],
            openid: openid.as_deref(),
        };
        let mut tx = self.app.db.write().await?;
        officers::add(&self.app, &mut tx, &Actor::System, new)
            .await
            .map_err(told)?;
        tx.commit().await?;
        Ok(())
    }

    /// The union that a worker chooses.
    pub fn union_of(&self, planned: &Planned) -> anyhow::Result<&str> {
        let unit = self.units.get(planned.unit).context("没有这个工会")?;
        let street = planned.street.and_then(|street| unit.streets.get(street));
        Ok(&street.unwrap_or(&unit.union).id)
    }

    /// The windows of a season: applying, reviewing.
    pub fn windows(&self, season: campaign::Season) -> anyhow::Result<(Window, Window)> {
        let found = self.windows.iter().find(|(s, _, _)| *s == season);
        found
            .map(|(_, apply, review)| (*apply, *review))
            .context("没有这个批次")
    }

    /// Moves the clock to a moment; the loops notice. One that is past already stays past.
    pub fn go_to(&self, moment: Time) {
        self.app.clock.advance((moment.0 - self.app.now().0).max(0));
    }

    /// Waits until the loops have done what is due: the outbox is empty, nothing is overdue.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut quiet = 0;
        while quiet < 2 {
            anyhow::ensure!(!self.app.stop.is_cancelled(), "演练已中止");
            anyhow::ensure!(begun.elapsed() < SETTLE, "后台任务在 20 分钟内没有办完");
            tokio::time::sleep(Duration::from_millis(150)).await;
            // What waits for a moment's order or a lost claim is due soon; what is due on another day is not waited for.
            let soon = self.app.now().plus(2 * MINUTE);
            let due = outbox::due(&self.app.db, soon).await? > 0 || tally::any_overdue(&self.app).await?;
            quiet = if due { 0 } else { quiet + 1 };
        }
        Ok(())
    }

    /// The stores that are rehearsed on.
    pub fn stores(&self) -> String {
        let database = match self.app.db.kind() {
            DbKind::Sqlite => "SQLite",
            DbKind::Postgres => "PostgreSQL",
        };
        let cache = match self.app.cache {
            Cache::Memory(_) => "进程内缓存",
            Cache::Redis(_) => "Redis",
        };
        format!("{database}，{cache}")
    }

    /// Stops server and simulator as a signal does, and notes on the ground that the rehearsal ended.
    pub async fn stop(self, options: &Options) -> anyhow::Result<()> {
        let config = self.app.config.clone();
        self.end().await?;
        ground::end(config, options).await
    }

    /// The same after something went wrong: nothing is noted, and how it ends no longer matters.
    pub async fn abandon(self) {
        if let Err(error) = self.end().await {
            tracing::warn!(
                error = format!("{error:#}"),
                "the rehearsal's server did not end tidily"
            );
        }
    }

    async fn end(self) -> anyhow::Result<()> {
        self.app.stop.cancel();
        self.served.await.context("服务没有正常结束")??;
        self.stop_sim.cancel();
        self.simulated.await.context("模拟微信没有正常结束")??;
        Ok(())
    }
}

/// The first window.
fn first(windows: &[Windows]) -> anyhow::Result<Window> {
    let first = windows
        .iter()
        .map(|(_, apply, _)| *apply)
        .min_by_key(|apply| apply.from);
    first.context("没有申请批次")
}

async fn streets(app: &App, unit: &Union) -> anyhow::Result<Vec<Union>> {
    let mut streets = tree::choices(app, Some(&unit.id)).await.map_err(told)?;
    let mut tx: Tx = app.db.write().await?;
    for no in streets.len()..STREETS {
        let new = NewUnion {
            parent: Some(unit),
            kind: Kind::Street,
            name: &format!("演练第{}街道总工会", no + 1),
            no: no as i64 + 1,
        };
        streets.push(tree::add(&mut tx, app.id(), app.now(), new).await.map_err(told)?);
    }
    tx.commit().await?;
    Ok(streets)
}
