//! The doors: signing up by phone, and the mini-program.

use super::super::http::{Caller, Http};
use super::super::person;
use super::super::plan::Way;
use super::super::world::World;
use super::Worker;
use anyhow::Context as _;
use serde_json::{Value, json};

impl Worker<'_> {
    pub(super) async fn sign_up(&mut self, world: &World) -> anyhow::Result<()> {
        let (http, who, phone) = (&world.http, &self.caller, self.phone(world));
        let challenge = http.post("滑块", who, "/slider/challenges", &json!({})).await?;
        let challenge = challenge.done("滑块")?;
        let track: Vec<Value> = (0..=10).map(|i| json!({ "x": i * 100, "t": i * 40 })).collect();
        let drag = json!({ "challenge": challenge["challenge"], "track": track });
        let pass = http
            .post("滑块", who, "/slider/passes", &drag)
            .await?
            .done("滑块")?;
        let wanted = json!({ "phone": phone, "pass": pass["pass"] });
        http.post("短信验证码", who, "/sms-codes", &wanted)
            .await?
            .done("短信验证码")?;
        let typed = json!({
            "phone": phone,
            "code": newest_code(http, &phone).await?,
            "name": person::name(world.offset + self.planned.person),
            "employer": person::employer(self.planned),
        });
        let opened = http.post("注册", who, "/workers", &typed).await?.done("注册")?;
        self.caller.token = token(&opened)?;
        Ok(())
    }

    pub(super) async fn sign_up_by_mini(&mut self, world: &World) -> anyhow::Result<()> {
        let token_of_visitor = self.mini_visit(world).await?;
        let visitor = Caller {
            token: token_of_visitor,
            ..self.caller.clone()
        };
        self.mini_phone(world, &visitor).await?;
        let typed = json!({
            "name": person::name(world.offset + self.planned.person),
            "employer": person::employer(self.planned),
        });
        let opened = world.http.post("注册", &visitor, "/mini/workers", &typed).await?;
        self.caller.token = token(&opened.done("小程序注册")?)?;
        Ok(())
    }

    /// The visitor of the mini-program proves the worker's phone by WeChat's button.
    async fn mini_phone(&self, world: &World, visitor: &Caller) -> anyhow::Result<Value> {
        let user = json!({ "user": self.user(world) });
        let code = world.http.sim_post("/sim/mini/phone", &user).await?;
        let code = json!({ "code": code["code"] });
        let proven = world.http.post("小程序", visitor, "/mini/phone", &code).await?;
        proven.done("小程序手机号")
    }

    /// The user of the simulated WeChat whose phone number is the worker's.
    fn user(&self, world: &World) -> String {
        format!("reh-w{}", world.offset + self.planned.no)
    }

    async fn mini_visit(&self, world: &World) -> anyhow::Result<String> {
        let user = self.user(world);
        let new = json!({ "user": user, "nickname": person::name(self.planned.person), "phone": self.phone(world) });
        world.http.sim_post("/sim/users", &new).await?;
        let code = world
            .http
            .sim_post("/sim/mini/login", &json!({ "user": user }))
            .await?;
        let who = Caller {
            token: String::new(),
            ..self.caller.clone()
        };
        let opened = world
            .http
            .post("小程序", &who, "/mini/sessions", &json!({ "code": code["code"] }))
            .await?;
        token(&opened.done("小程序登录")?)
    }

    /// A second device: the mini-program knows the registered phone, and who came with it before.
    pub(super) async fn mini_session(&self, world: &World) -> anyhow::Result<String> {
        let visitor = Caller {
            token: self.mini_visit(world).await?,
            ..self.caller.clone()
        };
        if self.planned.way == Way::Mini {
            return Ok(visitor.token);
        }
        token(&self.mini_phone(world, &visitor).await?["session"])
    }
}

fn token(opened: &Value) -> anyhow::Result<String> {
    let token = opened["token"].as_str();
    Ok(token.with_context(|| format!("没有登录：{opened}"))?.to_owned())
}

async fn newest_code(http: &Http, phone: &str) -> anyhow::Result<String> {
    let inbox = http.sim_get(&format!("/sim/inbox?phone={phone}")).await?;
    let items = inbox["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let code = items.iter().rev().find_map(|item| {
        let is_code = item["text"].as_str().is_some_and(|text| text.contains("验证码"));
        item["code"].as_str().filter(|_| is_code)
    });
    Ok(code.context("短信验证码没有送达")?.to_owned())
}
