//! What a printed form costs: drawing the page, writing the file, both. `cargo bench --bench print`.

#![allow(
    clippy::expect_used,
    reason = "a benchmark that cannot go on stops where it is"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use yuanmeng::application::FormText;
use yuanmeng::application::form_code::FormCode;
use yuanmeng::campaign::Season;
use yuanmeng::kernel::{Sealer, Time};
use yuanmeng::print::{Code, Paper, form, form_pdf, form_picture};

/// The limits for one form.
const MOST_KB: f64 = 150.0;
const MOST_MS: f64 = 200.0;

fn paper() -> Paper {
    let code = FormCode {
        number: "7K3M-9PXW".to_owned(),
        version: 2,
    };
    let form = [
        ("name", "䶮喆犇"),
        ("id_number", "370102199003070024"),
        ("sex", "女"),
        ("phone", "13800138001"),
        ("address", "济南市历下区文化东路 1 号 3 号楼 2 单元 501 室"),
        ("card", "6222021602001234568"),
        ("employer", "济南示范机械有限公司"),
        ("employer_contact", "刘主任"),
        ("employer_address", "济南市历下区工业南路 9 号"),
        ("employer_phone", "0531-85826289"),
        ("post", "worker"),
        ("migrant", "yes"),
        ("entry_date", "2021-09-01"),
        ("level", "大专"),
        ("degree", "no"),
        ("institution", "山东开放大学"),
        ("major", "机电一体化技术"),
    ];
    Paper {
        year: 2021,
        season: Season::Autumn,
        number: code.number.clone(),
        version: code.version,
        code: Code::Text(code.text(&Sealer::new([7; 32], &[]))),
        union: "崮云湖街道总工会".to_owned(),
        form: FormText::from_posted(form),
        reviewers: ["崮云湖街道总工会", "长清区总工会", "济南市职工文化事业发展中心"]
            .map(str::to_owned)
            .to_vec(),
        at: Time::shanghai(2021, 11, 10, 9, 30, 0),
    }
}

fn forms(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let started = Instant::now();
    let first = runtime.block_on(form_pdf(paper())).expect("a form");
    let ms = |took: Duration| took.as_secs_f64() * 1e3;
    let (kb, first_ms) = (first.bytes.len() as f64 / 1e3, ms(started.elapsed()));
    println!(
        "one form: {kb:.1} KB (target < {MOST_KB}); the first, which reads the font: {first_ms:.1} ms (target < {MOST_MS})"
    );
    assert!(kb < MOST_KB && first_ms < MOST_MS, "over the limit");
    let paper = paper();
    c.bench_function("form: drawn", |b| {
        b.iter(|| form::draw(black_box(&paper)).expect("a sheet"))
    });
    c.bench_function("form: drawn as SVG", |b| {
        b.iter(|| form_picture(black_box(&paper)).expect("a picture"))
    });
    c.bench_function("form: drawn and written as PDF", |b| {
        b.iter(|| {
            runtime
                .block_on(form_pdf(black_box(&paper).clone()))
                .expect("a file")
        })
    });
}

criterion_group!(benches, forms);
criterion_main!(benches);
