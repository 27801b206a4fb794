//! PDFs as they are made: by printing, by office programs (packed objects), and by those who mean harm.

use super::*;
use lopdf::{Stream, dictionary};
use std::time::{Duration, Instant};

/// As a worker's paper.
fn check(bytes: &[u8]) -> Result<(), Refusal> {
    super::check(bytes, MAX_PAGES)
}

/// A document with so many pages, each with a line of text.
fn document(pages: usize) -> Document {
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let kids: Vec<Object> = (0..pages)
        .map(|n| {
            let text = format!("BT /F1 24 Tf 72 700 Td (page {n}) Tj ET");
            let content = document.add_object(Stream::new(dictionary! {}, text.into_bytes()));
            let page = dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content };
            document.add_object(page).into()
        })
        .collect();
    let count = pages as i64;
    let node = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
    document.objects.insert(tree, node.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    document
}

fn saved(mut document: Document) -> Vec<u8> {
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    out
}

/// A printed paper with so many pages.
pub fn paper(pages: usize) -> Vec<u8> {
    saved(document(pages))
}

/// The same with its objects packed into streams, as office programs save.
pub fn packed(pages: usize) -> Vec<u8> {
    let mut out = Vec::new();
    document(pages).save_modern(&mut out).unwrap();
    out
}

/// A scanned page: one large stream.
pub fn scan(content: &[u8]) -> Vec<u8> {
    let head = format!("<</Length {}>>\nstream\n", content.len());
    direct(&[head.as_bytes(), content, b"\nendstream"].concat())
}

/// A paper whose catalog has one more entry.
fn with(key: &str, value: impl Into<Object>, pack: bool) -> Vec<u8> {
    let mut document = document(1);
    let value = document.add_object(value.into());
    document.catalog_mut().unwrap().set(key, value);
    let mut out = Vec::new();
    if pack {
        document.save_modern(&mut out).unwrap();
    } else {
        document.save_to(&mut out).unwrap();
    }
    out
}

/// R-16, issue 4: up to 20 pages, packed or not; text can be read from what was kept.
#[test]
fn papers_are_accepted() {
    for pages in [1, 2, MAX_PAGES] {
        assert_eq!(check(&paper(pages)), Ok(()));
        assert_eq!(check(&packed(pages)), Ok(()));
    }
    let text = load(&packed(1))
        .unwrap()
        .get_page_content(load(&packed(1)).unwrap().page_iter().next().unwrap());
    assert!(String::from_utf8_lossy(&text).contains("page 0"));
    let open_at = with("OpenAction", vec![Object::Integer(0), "Fit".into()], false);
    assert_eq!(check(&open_at), Ok(()), "turning to a page is no act");
}

/// Issue 4: over 20 pages, none, password, scripts, attachments: each with its own words.
#[test]
fn other_pdfs_are_told_apart() {
    let most = MAX_PAGES;
    assert_eq!(check(&paper(21)), Err(Refusal::FilePages { most }));
    assert_eq!(check(&packed(300)), Err(Refusal::FilePages { most }));
    assert_eq!(check(&paper(0)), Err(Refusal::FileNoPages));
    let script = || dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)") };
    let launch = || dictionary! { "S" => "Launch", "F" => Object::string_literal("cmd.exe") };
    let form = || dictionary! { "XFA" => Object::string_literal("<xdp/>") };
    let file = || dictionary! { "Type" => "Filespec", "EF" => dictionary! {} };
    for pack in [false, true] {
        for value in [script(), launch(), form(), file()] {
            assert_eq!(check(&with("OpenAction", value, pack)), Err(Refusal::FileScripts));
        }
        let names = dictionary! { "EmbeddedFiles" => dictionary! {} };
        assert_eq!(check(&with("Names", names, pack)), Err(Refusal::FileScripts));
    }
    let hidden =
        String::from_utf8_lossy(&with("OpenAction", script(), false)).replace("/JavaScript", "/J#61vaScript");
    assert_eq!(check(hidden.as_bytes()), Err(Refusal::FileScripts));
    let trailer = b"trailer\n<</Encrypt 9 0 R/Root 1 0 R>>\nstartxref\n0\n%%EOF\n";
    let locked = [&paper(1)[..], trailer].concat();
    assert_eq!(check(&locked), Err(Refusal::FileLocked));
}

/// A PDF really encrypted, as a writer does it, with and without a password to open.
#[test]
fn an_encrypted_pdf_is_called_locked() {
    use lopdf::{EncryptionState, EncryptionVersion, Permissions};
    for user_password in ["", "secret"] {
        let mut document = document(1);
        document.trailer.set(
            "ID",
            vec![
                Object::string_literal("0123456789abcdef"),
                Object::string_literal("0123456789abcdef"),
            ],
        );
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password,
            key_length: 128,
            permissions: Permissions::PRINTABLE,
        };
        let state = EncryptionState::try_from(version).unwrap();
        document.encrypt(&state).unwrap();
        assert_eq!(check(&saved(document)), Err(Refusal::FileLocked));
    }
}

/// A paper written by hand, with one more object.
fn direct(object: &[u8]) -> Vec<u8> {
    let head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
        2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n\
        3 0 obj\n<</Type/Page/Parent 2 0 R>>\nendobj\n4 0 obj\n";
    let end = b"\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n";
    [&head[..], object, end].concat()
}

/// A stream of objects with the given index and content.
fn objects_stream(index: &str, content: &[u8]) -> Vec<u8> {
    let mut stream = Stream::new(dictionary! {}, [index.as_bytes(), content].concat());
    stream.compress().unwrap();
    let (count, first, length) = (
        index.split_whitespace().count() / 2,
        index.len(),
        stream.content.len(),
    );
    let head =
        format!("<</Type/ObjStm/N {count}/First {first}/Length {length}/Filter/FlateDecode>>\nstream\n");
    direct(&[head.as_bytes(), &stream.content, b"\nendstream"].concat())
}

/// Files that a reader would work at for hours or fill the memory with are refused quickly.
#[test]
fn bombs_are_refused_quickly() {
    let zeros = |n: usize| [b"[".to_vec(), b"0 ".repeat(n), b"]".to_vec()].concat();
    let same_place: String = (100..40_100).map(|n| format!("{n} 0 ")).collect();
    assert_eq!(check(&direct(b"<<>>")), Ok(()), "what the others differ from");
    assert_eq!(
        check(&objects_stream(
            "100 0 101 3 ",
            &[&b"[0] [1]"[..], &b" ".repeat(999)].concat()
        )),
        Ok(())
    );
    let cycle = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n";
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    let strings = b"(".repeat(1_000_000);
    let lengths = |array: &[u8]| {
        let streams: String = (6..4_900)
            .map(|n| format!("{n} 0 obj\n<</Length 5 0 R>>\nstream\nx\nendstream\nendobj\n"))
            .collect();
        let parts = [
            &b"<<>>\nendobj\n5 0 obj\n"[..],
            array,
            b"\nendobj\n",
            streams.as_bytes(),
        ];
        direct(&[&parts.concat()[..], b"9000 0 obj\n<<>>"].concat())
    };
    let unseen = [&b"[ %stream\n"[..], &b"0 ".repeat(200_000), b"%endstream\n]"].concat();
    let files = [
        ("each stream as long as a large object", lengths(&zeros(200_000))),
        ("the same, passing for a stream", lengths(&unseen)),
        (
            "unpacks to 64 MB",
            objects_stream("100 0 ", &b" ".repeat(64 * 1024 * 1024)),
        ),
        (
            "one object under 40,000 numbers",
            objects_stream(&same_place, &zeros(200_000)),
        ),
        (
            "members that do not end",
            objects_stream(
                "100 0 101 2 102 4 ",
                &[&b"[ [ [ 0 ] ] ]"[..], &b" ".repeat(999)].concat(),
            ),
        ),
        ("a large object", direct(&zeros(1_000_000))),
        ("a million strings", direct(&strings)),
        ("deep", direct(&deep)),
        (
            "many objects",
            direct(&b"<<>>\nendobj\n5 0 obj\n".repeat(100_000)),
        ),
        ("a tree that holds itself", cycle.to_vec()),
    ];
    for (what, file) in files {
        let begun = Instant::now();
        assert!(file.len() <= super::super::MAX_BYTES, "{what}: {}", file.len());
        let result = check(&file);
        let took = begun.elapsed();
        assert!(result.is_err() || what == "deep", "{what}: {result:?}");
        assert!(took < Duration::from_secs(12), "{what}: {took:?}");
    }
}

/// A table that sends the reader to one large object a hundred thousand times is not followed.
#[test]
fn the_table_is_not_followed() {
    let mut file = paper(1);
    let large = [
        b"\n900 0 obj\n[".to_vec(),
        b"0 ".repeat(100_000),
        b"]\nendobj\n".to_vec(),
    ]
    .concat();
    let at = file.len();
    file.extend(&large);
    let table = file.len();
    file.extend(b"xref\n1000 50000\n");
    file.extend(format!("{:010} 00000 n\r\n", at + 1).repeat(50_000).bytes());
    file.extend(format!("trailer\n<</Root 1 0 R/Size 51000>>\nstartxref\n{table}\n%%EOF\n").bytes());
    let begun = Instant::now();
    let _ = check(&file);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}
