use super::*;
use proptest::prelude::*;

fn typed(changes: &[(&str, &str)]) -> Typed {
    let mut typed = Typed::default();
    for (field, value) in [
        ("name", "历下区职工服务站"),
        ("district", "历下区"),
        ("address", "历下区示例路 1 号"),
        ("hours", "周一至周五 9:00—17:00"),
        ("helps", "咨询、报读、补助申请"),
    ]
    .iter()
    .chain(changes)
    {
        typed.set(field, value);
    }
    typed
}

fn problem(changes: &[(&str, &str)]) -> (&'static str, String) {
    check(&typed(changes)).unwrap_err().remove(0)
}

/// what a station must say, each mistake at its field.
#[test]
fn a_station_says_where_when_and_with_what() {
    let station = check(&typed(&[
        ("at", "117.120098，36.651216"),
        ("phone", "０５３１－８１２３４５６７"),
    ]))
    .unwrap();
    assert_eq!(
        station.at,
        Some(Point {
            lng: 117_120_098,
            lat: 36_651_216
        })
    );
    assert_eq!(station.phone, "0531-81234567");
    assert_eq!(check(&Typed::default()).unwrap_err().len(), 5);
    for (change, field, words) in [
        (("district", "青岛市市南区"), "district", "济南市"),
        (("phone", "热线"), "phone", "座机"),
        (("phone", "12"), "phone", "座机"),
        (("at", "36.651216,117.120098"), "at", "写反"),
        (("at", "121.47,31.23"), "at", "济南市范围"),
        (("at", "117.1"), "at", "经度,纬度"),
        (("at", "117.1e0,36.6"), "at", "经度,纬度"),
        (("place", "-1"), "place", "整数"),
        (("paused", "是"), "note", "恢复时间"),
    ] {
        let (at, text) = problem(&[change]);
        assert_eq!(at, field, "{change:?}");
        assert!(text.contains(words), "{change:?}: {text}");
    }
}

#[test]
fn what_stands_is_typed_again_as_the_same() {
    let station = check(&typed(&[
        ("paused", "是"),
        ("note", "装修，7 月 1 日恢复"),
        ("place", "3"),
    ]))
    .unwrap();
    assert_eq!(check(&Typed::of(&station)).unwrap(), station);
    assert_eq!(districts().count(), 16);
}

proptest! {
    /// Degrees are kept exactly: no floating point between what is typed and what the map gets.
    #[test]
    fn a_point_is_written_as_it_was_read(lng in 116_000_000i64..=118_000_000, lat in 35_900_000i64..=37_700_000) {
        let point = Point { lng, lat };
        prop_assert_eq!(Point::parse(&point.to_string()), Ok(point));
    }

    #[test]
    fn nothing_typed_as_a_point_breaks(typed in ".{0,40}") {
        let _ = Point::parse(&typed);
    }
}
