//! 向右滑动验证: passed before any SMS, checked on the server.
//!
//! A challenge is given out, the way the handle went comes back, and a pass that can be used once follows. It
//! keeps scripts that only replay requests from sending messages; the throttles bound the rest.

use super::throttle;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Refusal;
use std::time::Duration;

/// A challenge can be answered this long.
const CHALLENGE_TTL: Duration = Duration::from_secs(600);
/// A pass can be used this long.
const PASS_TTL: Duration = Duration::from_secs(300);

/// A point of the handle's way: x in permille of the track (1000 = the right end), t in milliseconds since the press.
pub type Point = (i32, i64);

/// Gives out a challenge.
pub async fn challenge(app: &App) -> Result<String> {
    let id = app.entropy.token();
    app.cache.set(&format!("slider:{id}"), "", CHALLENGE_TTL).await?;
    Ok(id)
}

/// Takes the answer to a challenge, once; gives the pass.
///
/// Errors: [`Refusal::SliderFailed`].
pub async fn solve(app: &App, address: &str, challenge: &str, track: &[Point]) -> Result<String> {
    throttle::check(
        app,
        &throttle::SLIDERS_PER_ADDRESS,
        address,
        Refusal::SliderFailed,
    )
    .await?;
    let known = app.cache.take(&format!("slider:{challenge}")).await?.is_some();
    if !known || !is_dragged(track) {
        return Err(Refusal::SliderFailed.into());
    }
    let pass = app.entropy.token();
    app.cache
        .set(&format!("slider-pass:{pass}"), "", PASS_TTL)
        .await?;
    Ok(pass)
}

/// Uses a pass up.
///
/// Errors: [`Refusal::SliderMissing`] for none, [`Refusal::SliderFailed`] for one that is used, old or invented.
pub async fn use_pass(app: &App, pass: &str) -> Result<()> {
    if pass.is_empty() {
        return Err(Refusal::SliderMissing.into());
    }
    match app.cache.take(&format!("slider-pass:{pass}")).await? {
        Some(_) => Ok(()),
        None => Err(Refusal::SliderFailed.into()),
    }
}

/// Whether a way looks dragged by a hand (or stepped by the keyboard): from the left to the right end, in several
/// steps that take their time, never before the start and never back in time.
fn is_dragged(track: &[Point]) -> bool {
    let (Some(first), Some(last)) = (track.first(), track.last()) else {
        return false;
    };
    let enough = (5..=2000).contains(&track.len());
    let ends = (-20..=100).contains(&first.0) && (980..=1020).contains(&last.0);
    let duration = last.1 - first.1;
    let in_time = track.windows(2).all(|pair| pair[0].1 <= pair[1].1) && (120..=60_000).contains(&duration);
    let steps = track.windows(2).all(|pair| (pair[1].0 - pair[0].0).abs() <= 600);
    enough && ends && in_time && steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a drag to the right end passes; jumps, half ways and instant answers do not.
    #[test]
    fn only_a_drag_to_the_end_passes() {
        let drag: Vec<Point> = (0..=20).map(|i| (i * 50, i64::from(i) * 20)).collect();
        assert!(is_dragged(&drag));
        assert!(!is_dragged(&[]));
        assert!(!is_dragged(&drag[..10]), "half way");
        assert!(
            !is_dragged(&[(0, 0), (1, 50), (2, 100), (3, 150), (1000, 400)]),
            "a jump"
        );
        let instant: Vec<Point> = drag.iter().map(|(x, _)| (*x, 0)).collect();
        assert!(!is_dragged(&instant));
        let backwards: Vec<Point> = drag.iter().map(|(x, t)| (*x, 400 - t)).collect();
        assert!(!is_dragged(&backwards));
    }
}
