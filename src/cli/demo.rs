//! `yuanmeng demo`: everything on this machine, with a WeChat that runs here and sample data.

use super::{menu, seed, serve, told};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{
    Config, DEMO_AES_KEY, DEMO_APP_TICKET_AUDIENCE, DEMO_APP_TICKET_ISSUER, DEMO_APP_TICKET_KEY, Purpose,
    process_env,
};
use crate::notice::catalogue;
use crate::sim::{Sim, SimApp, SimConfig, SimMerchant, SimTemplate, openid_of};
use anyhow::Context as _;
use std::sync::{Arc, LazyLock};
use tokio::net::TcpListener;

/// Runs the demo until SIGINT or SIGTERM.
pub async fn run() -> anyhow::Result<()> {
    let config = Config::read(
        &|name| process_env(name).or_else(|| pay_setting(name)),
        Purpose::Demo,
    )?;
    let app = App::open(config, Clock::system()).await?;
    let listen = app.config.http.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (YUANMENG_LISTEN)"))?;
    let sim_listen = app.config.sim_listen;
    let sim_listener = TcpListener::bind(sim_listen)
        .await
        .with_context(|| format!("cannot listen on {sim_listen} (SIM_LISTEN)"))?;
    seed::fill(&app, openid_of).await.map_err(told)?;
    let sim = simulator(&app);
    let simulated = tokio::spawn(sim.serve(sim_listener, app.stop.clone()));
    menu::push(&app.wechat, &menu::Source::embedded(&app.config.http.public_url)?).await?;
    print!("{}", banner(&app));
    serve::stop_on_signal(&app);
    serve::until_stopped(app, listener).await?;
    simulated.await?.context("the simulated WeChat")
}

/// The demo's merchant: its keys live as long as the process.
static MERCHANT: LazyLock<Arc<SimMerchant>> = LazyLock::new(|| Arc::new(SimMerchant::generate()));

/// The merchant's settings (`WECHAT_PAY_…`), as the demo gives them to its own configuration.
pub fn pay_settings() -> Vec<(&'static str, String)> {
    MERCHANT.settings()
}

/// WeChat Pay's certificate for the demo's merchant, in PEM.
pub fn pay_certificate() -> String {
    MERCHANT.certificate_pem()
}

/// One of them, unless the environment brings a merchant of its own.
fn pay_setting(name: &str) -> Option<String> {
    let settings = pay_settings();
    if settings.iter().any(|(name, _)| process_env(name).is_some()) {
        return None;
    }
    settings
        .into_iter()
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}

/// The simulated WeChat with our official account and our mini-program in it.
pub fn simulator(app: &App) -> Sim {
    let sim = Sim::new(sim_config(app));
    sim.set_app(sim_app(app));
    sim.set_pay(MERCHANT.clone());
    if let Some(mini) = &app.config.wechat.mini {
        sim.set_mini(&mini.app_id, &mini.secret);
    }
    sim
}

/// The simulator's side of our configuration: what WeChat's console would hold.
pub fn sim_config(app: &App) -> SimConfig {
    let wechat = &app.config.wechat;
    SimConfig {
        app_id: wechat.app_id.clone(),
        app_secret: wechat.app_secret.clone(),
        token: wechat.token.clone(),
        encoding_aes_key: process_env("WECHAT_ENCODING_AES_KEY").unwrap_or_else(|| DEMO_AES_KEY.to_owned()),
        mode: wechat.mode,
        callback_url: app.link("/wechat/callback"),
        templates: templates(app),
    }
}

/// The 齐鲁工惠 APP of the simulated phones: it signs with the demo's secret.
pub fn sim_app(app: &App) -> SimApp {
    SimApp {
        enter_url: app.link("/app/enter"),
        key: DEMO_APP_TICKET_KEY.to_owned(),
        issuer: DEMO_APP_TICKET_ISSUER.to_owned(),
        audience: DEMO_APP_TICKET_AUDIENCE.to_owned(),
    }
}

fn templates(app: &App) -> Vec<SimTemplate> {
    let wechat = &app.config.wechat;
    let known = [&wechat.templates, &wechat.subscribe_templates]
        .into_iter()
        .flat_map(|ids| {
            catalogue::TEMPLATES.iter().filter_map(|(name, title, fields)| {
                let fields = fields
                    .iter()
                    .map(|(keyword, label)| (keyword.to_string(), label.to_string()))
                    .collect();
                Some(SimTemplate {
                    id: ids.get(*name)?.clone(),
                    title: title.to_string(),
                    fields,
                })
            })
        });
    known.collect()
}

fn banner(app: &App) -> String {
    let [street, unit, centre] = &seed::OFFICERS;
    let line = |o: &seed::DemoOfficer| format!("    {}  {}  {}\n", o.phone, o.name, o.union);
    format!(
        "\n  求学圆梦 · 演示（模拟微信，示例数据）\n\n\
         \x20 1. 打开模拟手机        http://{sim}\n\
         \x20    关注“泉城工会” → 工会服务 → 职工补助申请；短信验证码会出现在手机上（王小梅 13800138001）。\n\
         \x20    选择工会时选 {unit_name} → {street_name}，这样三级审核员都在演示中。\n\
         \x20    或点手机上方的“齐鲁工惠”，用 APP 的实名信息直接进入。\n\
         \x20 2. 工会审核员登录      {public}/office   密码 {password}\n{a}{b}{c}\
         \x20 职工网页（电脑）       {public}\n\
         \x20 停止：Ctrl+C    数据目录：{data}\n\n",
        sim = app.config.sim_listen,
        public = app.config.http.public_url,
        password = seed::PASSWORD,
        unit_name = seed::UNIT,
        street_name = seed::STREET,
        a = line(street),
        b = line(unit),
        c = line(centre),
        data = app.config.stores.data_dir.display(),
    )
}
