//! Calls to WeChat's API: the token is put in, renewed once when WeChat refuses it, and errors are typed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::{ApiError, CallError, ErrorClass};
use super::hook::{CallHook, NoHook};
use super::http;
use super::jssdk::TicketFetch;
use super::token::{Clock, Fetched, TokenFetch, TokenManager, TokenOptions, TokenStore};

/// Answers beyond this size are refused, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(8);
const TOKEN_PATH: &str = "/cgi-bin/stable_token";
const TICKET_LOCK: Duration = Duration::from_secs(45);

/// Where WeChat is and who calls.
#[derive(Clone)]
pub struct ClientConfig {
    /// `https://api.weixin.qq.com`, or a stand-in.
    pub api_base: String,
    /// `https://open.weixin.qq.com`, or a stand-in: where people are sent to log in.
    pub open_base: String,
    /// AppID of the official account.
    pub app_id: String,
    /// AppSecret; never printed, never part of an error.
    pub app_secret: String,
    /// Names this process among those that share the token store; must differ between them.
    pub instance: String,
}

impl std::fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientConfig")
            .field("api_base", &self.api_base)
            .field("open_base", &self.open_base)
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// A client for one account. Cheap to clone; clones share connections and the token.
#[derive(Clone)]
pub struct Client {
    link: Arc<Link>,
    open_base: Arc<str>,
    tickets: TokenManager,
}

/// The connection with the access token.
pub(super) struct Link {
    api: Arc<Api>,
    tokens: TokenManager,
}

/// The connection without the token, so that the token can be fetched through it.
pub(super) struct Api {
    http: reqwest::Client,
    base: String,
    app_id: String,
    app_secret: Zeroizing<String>,
    hook: Arc<dyn CallHook>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("api_base", &self.link.api.base)
            .field("app_id", &self.link.api.app_id)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// The access token is shared through `store` under `wechat:token:<app_id>`, the ticket of the JS-SDK under
    /// `wechat:jsapi:<app_id>`. `clock` gives Unix milliseconds.
    /// Errors: TLS cannot be set up.
    pub fn new(config: ClientConfig, store: Arc<dyn TokenStore>, clock: Clock) -> Result<Self, CallError> {
        Self::with_hook(config, store, clock, Arc::new(NoHook))
    }

    /// [`Client::new`] with a hook around every request, the token's own included.
    pub fn with_hook(
        config: ClientConfig,
        store: Arc<dyn TokenStore>,
        clock: Clock,
        hook: Arc<dyn CallHook>,
    ) -> Result<Self, CallError> {
        let base = config.api_base.trim_end_matches('/').to_owned();
        let api = Arc::new(Api {
            http: http::client(&base, TIMEOUT).map_err(CallError::Invalid)?,
            base,
            app_id: config.app_id,
            app_secret: Zeroizing::new(config.app_secret),
            hook,
        });
        let key = format!("wechat:token:{}", api.app_id);
        let options = TokenOptions::new(config.instance);
        let tokens = TokenManager::new(store.clone(), api.clone(), clock.clone(), key, options.clone());
        let key = format!("wechat:jsapi:{}", api.app_id);
        let link = Arc::new(Link { api, tokens });
        let options = TokenOptions {
            // Fetching a ticket may fetch a token first, and both once more.
            lock_ttl: TICKET_LOCK,
            ..options
        };
        let tickets = TokenManager::new(store, Arc::new(TicketFetch(link.clone())), clock, key, options);
        Ok(Client {
            link,
            open_base: config.open_base.trim_end_matches('/').into(),
            tickets,
        })
    }

    /// AppID of the account.
    pub fn app_id(&self) -> &str {
        &self.link.api.app_id
    }

    /// Base of the pages where people log in.
    pub fn open_base(&self) -> &str {
        &self.open_base
    }

    /// The manager of the access token.
    pub fn tokens(&self) -> &TokenManager {
        &self.link.tokens
    }

    /// The manager of the JS-SDK's jsapi_ticket.
    pub fn tickets(&self) -> &TokenManager {
        &self.tickets
    }

    /// GET with the access token. `path` begins with `/`; values of `query` are encoded here.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, CallError> {
        self.link.get(path, query).await
    }

    /// POST of a JSON body with the access token.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync + ?Sized),
    ) -> Result<T, CallError> {
        self.link
            .call(path, |api, token| {
                api.request(Method::POST, path)
                    .query(&[("access_token", token)])
                    .json(body)
            })
            .await
    }

    /// The connection, for calls of another form.
    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// GET without the access token but with appid and secret, as the login interfaces want it.
    pub(super) async fn get_with_secret<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CallError> {
        let own = [
            ("appid", self.link.api.app_id.as_str()),
            ("secret", self.link.api.app_secret.as_str()),
        ];
        let api = &self.link.api;
        let request = api.request(Method::GET, path).query(&own).query(query);
        api.send(path, request, decode).await
    }

    /// GET with a token of its own (that of a login), which nobody here can renew.
    pub(super) async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CallError> {
        let api = &self.link.api;
        let request = api.request(Method::GET, path).query(query);
        api.send(path, request, decode).await
    }
}

impl Link {
    /// GET with the access token.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CallError> {
        self.call(path, |api, token| {
            api.request(Method::GET, path)
                .query(&[("access_token", token)])
                .query(query)
        })
        .await
    }

    /// Sends what `build` makes of the token to the interface `path`; once more with another token if WeChat refuses
    /// this one.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        build: impl Fn(&Api, &str) -> RequestBuilder,
    ) -> Result<T, CallError> {
        self.call_with(path, build, decode).await
    }

    /// [`Link::call`] for answers that `read` understands.
    pub(super) async fn call_with<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        path: &str,
        build: impl Fn(&Api, &str) -> RequestBuilder,
        read: impl Fn(Response) -> F,
    ) -> Result<T, CallError> {
        let token = self.tokens.token().await?;
        match self.api.send(path, build(&self.api, &token), &read).await {
            Err(CallError::Api(error)) if error.class() == ErrorClass::RefreshToken => {
                self.tokens.invalidate(&token).await;
                let token = self.tokens.token().await?;
                self.api.send(path, build(&self.api, &token), &read).await
            }
            other => other,
        }
    }
}

impl Api {
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Every request of every interface goes through here, and so past the hook.
    async fn send<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        path: &str,
        request: RequestBuilder,
        read: impl FnOnce(Response) -> F,
    ) -> Result<T, CallError> {
        let result = match self.hook.held_until(path).await {
            Some(until_ms) => Err(CallError::Held { until_ms }),
            None => match request.send().await {
                Ok(response) => read(response).await,
                Err(error) => Err(error.into()),
            },
        };
        self.hook.done(path, result.as_ref().map(|_| ())).await;
        result
    }
}

#[derive(Serialize)]
struct TokenRequest<'a> {
    grant_type: &'static str,
    appid: &'a str,
    secret: &'a str,
    force_refresh: bool,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

/// stable_token: the same token for everybody until five minutes before its end (facts, Tokens).
#[async_trait]
impl TokenFetch for Api {
    async fn fetch(&self) -> Result<Fetched, CallError> {
        let body = TokenRequest {
            grant_type: "client_credential",
            appid: &self.app_id,
            secret: &self.app_secret,
            // Forced renewal is limited to 20 a day; an expired token is replaced without it.
            force_refresh: false,
        };
        let request = self.request(Method::POST, TOKEN_PATH).json(&body);
        let sent = self.send(TOKEN_PATH, request, decode).await;
        let answer: TokenAnswer = sent.map_err(|error| match error {
            CallError::Api(error) => CallError::Token(error),
            other => other,
        })?;
        Ok(Fetched {
            value: answer.access_token,
            expires_in_s: answer.expires_in,
        })
    }
}

/// The fields every answer may have.
#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

/// WeChat answers 200 with an errcode even for failures, and as text/plain.
async fn decode<T: DeserializeOwned>(response: Response) -> Result<T, CallError> {
    if !response.status().is_success() {
        return Err(CallError::Status(response.status().as_u16()));
    }
    decode_bytes(&read(response, MAX_ANSWER).await?)
}

/// [`decode`] of a body already read.
pub(super) fn decode_bytes<T: DeserializeOwned>(body: &[u8]) -> Result<T, CallError> {
    // Positions only: an answer may hold a token.
    let unreadable = |e: serde_json::Error| CallError::Decode(format!("第 {} 列", e.column()));
    let status: Status = serde_json::from_slice(body).map_err(unreadable)?;
    if status.errcode != 0 {
        return Err(ApiError {
            code: status.errcode,
            message: status.errmsg,
        }
        .into());
    }
    serde_json::from_slice(body).map_err(unreadable)
}

/// The whole body, of at most `most` bytes.
pub(super) async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Err(CallError::Decode("内容过长".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An answer of which only success matters.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Done {}

/// Ids come as numbers or as strings, by interface and by year; kept as text.
pub(super) fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("neither text nor number")),
    }
}

#[cfg(test)]
mod tests;
