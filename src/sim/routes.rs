//! Every path of the simulator in one place.

use poem::middleware::AddData;
use poem::{Endpoint, EndpointExt, Route, delete, get, post};

use super::{Sim, account, control, faults, menu, oauth, phone, qrcode, sms, template, token};

pub(super) fn routes(sim: Sim) -> impl Endpoint + 'static {
    let route = control_routes(wechat_routes(Route::new()))
        .at("/", get(phone::desk))
        .at("/phone/:user", get(phone::phone))
        .at("/phone/:user/open", get(phone::open))
        .at("/phone/:user/state", get(phone::poll))
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
}

fn control_routes(route: Route) -> Route {
    route
        .at("/sim/sms", post(sms::send))
        .at("/sim/users", get(control::users).post(control::add_user))
        .at("/sim/follow", post(control::follow))
        .at("/sim/unfollow", post(control::unfollow))
        .at("/sim/scan", post(control::scan))
        .at("/sim/say", post(control::say))
        .at("/sim/tap", post(control::tap))
        .at("/sim/inbox", get(control::inbox))
        .at("/sim/faults", faults_routes())
        .at("/sim/expire_tokens", post(control::expire_tokens))
        .at("/sim/clock", post(control::clock))
        .at("/sim/verify_callback", post(control::verify_callback))
        .at("/sim/stats", get(control::stats))
        .at("/sim/reset", post(control::reset))
}

fn faults_routes() -> impl Endpoint {
    delete(faults::clear).get(faults::list).post(faults::add)
}
