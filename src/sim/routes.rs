//! Every path of the simulator in one place.

use poem::middleware::AddData;
use poem::{Endpoint, EndpointExt, Route, delete, get, post};

use super::{
    Sim, account, acts, app, chaos, conditional, control, custom, faults, media, menu, mini, oauth, pay,
    phone, qrcode, quota, sec_check, sms, subscribe, tags, tap, template, ticket, token,
};

pub(super) fn routes(sim: Sim) -> impl Endpoint + 'static {
    let route = control_routes(wechat_routes(Route::new()))
        .at("/", get(phone::desk))
        .at("/phone/:user", get(phone::phone))
        .at("/phone/:user/open", get(phone::open))
        .at("/phone/:user/state", get(phone::poll))
        .at("/phone/:user/app", get(app::open))
        .at("/sim/app/ticket", post(app::give_ticket))
        .at("/assets/:file", get(phone::asset));
    let layer_sim = sim.clone();
    route
        .with(AddData::new(sim))
        .around(move |next, request| faults::layer(layer_sim.clone(), next, request))
}

fn wechat_routes(route: Route) -> Route {
    route
        .at("/cgi-bin/stable_token", post(token::stable_token))
        .at("/cgi-bin/menu/create", post(menu::create))
        .at("/cgi-bin/menu/get", get(menu::get))
        .at("/cgi-bin/menu/delete", get(menu::delete))
        .at("/cgi-bin/message/template/send", post(template::send))
        .at("/cgi-bin/qrcode/create", post(qrcode::create))
        .at("/cgi-bin/showqrcode", get(qrcode::show))
        .at("/cgi-bin/user/info", get(account::user_info))
        .at("/connect/oauth2/authorize", get(oauth::authorize))
        .at("/connect/oauth2/consent", get(oauth::consent))
        .at("/sns/oauth2/access_token", get(oauth::access_token))
        .at("/sns/userinfo", get(oauth::userinfo))
        .at("/cgi-bin/message/custom/send", post(custom::send))
        .at("/cgi-bin/message/custom/typing", post(custom::typing))
        .at("/cgi-bin/ticket/getticket", get(ticket::get))
        .at("/cgi-bin/clear_quota", post(quota::clear))
        .at("/cgi-bin/message/subscribe/bizsend", post(subscribe::bizsend))
        .at("/cgi-bin/message/subscribe/send", post(subscribe::send))
        .at("/sns/jscode2session", get(mini::jscode2session))
        .at("/wxa/business/getuserphonenumber", post(mini::phone_number))
        .at("/wxa/msg_sec_check", post(sec_check::check))
        .at("/cgi-bin/menu/addconditional", post(conditional::add))
        .at("/cgi-bin/menu/delconditional", post(conditional::delete))
        .at("/cgi-bin/menu/trymatch", post(conditional::try_match))
        .at("/cgi-bin/tags/create", post(tags::create))
        .at("/cgi-bin/tags/get", get(tags::list))
        .at("/cgi-bin/tags/delete", post(tags::delete))
        .at("/cgi-bin/tags/members/batchtagging", post(tags::add_to))
        .at("/cgi-bin/tags/members/batchuntagging", post(tags::take_from))
        .at("/cgi-bin/user/info/batchget", post(account::batch_get))
        .at("/cgi-bin/user/get", get(account::get))
        .at("/cgi-bin/media/upload", post(media::upload))
        .at("/cgi-bin/media/get", get(media::get))
        .at("/v3/*path", get(pay::v3).post(pay::v3))
}

fn control_routes(route: Route) -> Route {
    route
        .at("/sim/sms", post(sms::send))
        .at("/sim/users", get(control::users).post(control::add_user))
        .at("/sim/follow", post(control::follow))
        .at("/sim/unfollow", post(control::unfollow))
        .at("/sim/scan", post(control::scan))
        .at("/sim/say", post(acts::say))
        .at("/sim/tap", post(tap::tap))
        .at("/sim/inbox", get(control::inbox))
        .at("/sim/faults", faults_routes())
        .at("/sim/expire_tokens", post(control::expire_tokens))
        .at("/sim/clock", post(control::clock))
        .at("/sim/verify_callback", post(control::verify_callback))
        .at("/sim/stats", get(control::stats))
        .at("/sim/reset", post(control::reset))
        .at("/sim/send", post(acts::send))
        .at("/sim/event", post(acts::happen))
        .at("/sim/format", post(chaos::set_format))
        .at("/sim/callbacks", callbacks_routes())
        .at("/sim/quota", post(quota::set))
        .at("/sim/limits", post(account::limits))
        .at("/sim/oauth", post(oauth::control))
        .at("/sim/jssdk", post(ticket::check))
        .at("/sim/subscribe", post(subscribe::popup))
        .at("/sim/subscribe/ask", post(subscribe::ask))
        .at("/sim/subscribe/change", post(subscribe::change))
        .at("/sim/mini/login", post(mini::give_login))
        .at("/sim/mini/phone", post(mini::give_phone))
        .at("/sim/mini/sec_check", post(sec_check::set_words))
        .at("/sim/media/:id", get(media::serve))
        .at("/sim/pay/cashier", post(pay::open_cashier))
        .at("/sim/pay/confirm", post(pay::confirm))
        .at("/sim/pay/force", post(pay::force))
        .at("/sim/pay/notify", post(pay::send_now))
        .at("/sim/pay/set", post(pay::set))
        .at("/sim/pay/bill", post(pay::plant))
        .at("/sim/pay/orders", get(pay::list))
        .at("/sim/pay/callbacks", pay_callbacks())
}

fn faults_routes() -> impl Endpoint {
    delete(faults::clear).get(faults::list).post(faults::add)
}

fn pay_callbacks() -> impl Endpoint {
    delete(pay::clear).get(pay::show).post(pay::misbehave)
}

fn callbacks_routes() -> impl Endpoint {
    delete(chaos::clear).get(chaos::show).post(chaos::misbehave)
}
