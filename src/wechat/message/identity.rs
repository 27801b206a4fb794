//! What a kind is called, and what tells two events of one second apart.

use super::kind::Kind;
use super::parts::{Decision, PictureSource, Position};

impl Kind {
    /// `MsgType`, or `Event` of an event, in WeChat's spelling: for metrics and logs.
    pub fn name(&self) -> &str {
        match self {
            Kind::Text { .. } => "text",
            Kind::Image { .. } => "image",
            Kind::Voice { .. } => "voice",
            Kind::Video { .. } => "video",
            Kind::ShortVideo { .. } => "shortvideo",
            Kind::Location { .. } => "location",
            Kind::Link { .. } => "link",
            Kind::Subscribe { .. } => "subscribe",
            Kind::Unsubscribe => "unsubscribe",
            Kind::Scan { .. } => "SCAN",
            Kind::ReportedLocation { .. } => "LOCATION",
            Kind::Click { .. } => "CLICK",
            Kind::View { .. } => "VIEW",
            Kind::ViewMiniProgram { .. } => "view_miniprogram",
            Kind::ScanCode { waits: false, .. } => "scancode_push",
            Kind::ScanCode { waits: true, .. } => "scancode_waitmsg",
            Kind::Pictures { source, .. } => match source {
                PictureSource::Camera => "pic_sysphoto",
                PictureSource::CameraOrAlbum => "pic_photo_or_album",
                PictureSource::WeChatAlbum => "pic_weixin",
            },
            Kind::LocationSelect { .. } => "location_select",
            Kind::TemplateSent { .. } => "TEMPLATESENDJOBFINISH",
            Kind::SubscribePopup { .. } => "subscribe_msg_popup_event",
            Kind::SubscribeChange { .. } => "subscribe_msg_change_event",
            Kind::SubscribeSent { .. } => "subscribe_msg_sent_event",
            Kind::UserInfoModified { .. } => "user_info_modified",
            Kind::AuthorizationRevoked { .. } => "user_authorization_revoke",
            Kind::AuthorizationCancelled { .. } => "user_authorization_cancellation",
            Kind::Other { msg_type, event, .. } => event.as_deref().unwrap_or(msg_type),
        }
    }

    /// EventKey, the event's own id and whom it is about, as far as they tell two events of one second apart
    /// (facts row 3).
    pub(super) fn identity(&self, part: &mut dyn FnMut(&str)) {
        match self {
            Kind::Subscribe { scene, .. } => part(scene.as_deref().unwrap_or_default()),
            Kind::Scan { scene, .. } => part(scene),
            Kind::Click { key } | Kind::View { url: key, .. } | Kind::ViewMiniProgram { path: key, .. } => {
                part(key)
            }
            Kind::ScanCode { key, result, .. } => [key, result].into_iter().for_each(|text| part(text)),
            Kind::Pictures { key, md5, .. } => std::iter::once(key).chain(md5).for_each(|text| part(text)),
            Kind::LocationSelect { key, place } => {
                part(key);
                position(&place.position, part);
            }
            Kind::ReportedLocation { position: at, .. } => position(at, part),
            Kind::TemplateSent { msg_id, .. } => part(msg_id),
            Kind::SubscribePopup { grants } | Kind::SubscribeChange { grants } => {
                for grant in grants {
                    part(&grant.template_id);
                    part(match &grant.decision {
                        Decision::Accept => "accept",
                        Decision::Reject => "reject",
                        Decision::Other(other) => other,
                    });
                }
            }
            Kind::SubscribeSent { results } => {
                for sent in results {
                    part(&sent.template_id);
                    part(&sent.msg_id);
                }
            }
            Kind::UserInfoModified { of } | Kind::AuthorizationCancelled { of } => part(&of.openid),
            Kind::AuthorizationRevoked { of, revoked } => {
                std::iter::once(&of.openid)
                    .chain(revoked)
                    .for_each(|text| part(text));
            }
            Kind::Other { .. } => {
                part(self.field("EventKey").unwrap_or_default());
                let ids = ["MsgID", "trace_id", "TraceId", "UniqId"];
                part(ids.iter().find_map(|name| self.field(name)).unwrap_or_default());
            }
            // A message without an id: what there is must do.
            Kind::Text { content } => part(content),
            Kind::Image { media_id, .. }
            | Kind::Voice { media_id, .. }
            | Kind::Video { media_id, .. }
            | Kind::ShortVideo { media_id, .. } => part(media_id),
            Kind::Location { place } => position(&place.position, part),
            Kind::Link { url, .. } => part(url),
            Kind::Unsubscribe => {}
        }
    }
}

fn position(position: &Position, part: &mut dyn FnMut(&str)) {
    part(&position.latitude);
    part(&position.longitude);
}
