-- Service stations, 公益微课, and what of a lesson a worker has watched (R-36, R-37, ADR 0031).

CREATE TABLE stations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,          -- an import finds its stations by it
    district TEXT NOT NULL,             -- one of content::stations::districts
    address TEXT NOT NULL,
    hours TEXT NOT NULL,
    phone TEXT NOT NULL,                -- empty: the hotline
    helps TEXT NOT NULL,
    lng BIGINT,                         -- GCJ-02, millionths of a degree; both or none
    lat BIGINT,
    place BIGINT NOT NULL,              -- order within the district, small first
    paused BIGINT NOT NULL,             -- closed for a while, for the reason in note
    note TEXT NOT NULL,
    sample BIGINT NOT NULL,             -- 示例
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((lng IS NULL) = (lat IS NULL))
);

-- Files that everybody may read (videos and covers of courses): stored as they are, so that a part can be read.
CREATE TABLE public_files (
    id TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE courses (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    teacher TEXT NOT NULL,
    cover_id TEXT REFERENCES public_files (id),
    place BIGINT NOT NULL,              -- order in the list, small first
    shown BIGINT NOT NULL,
    sample BIGINT NOT NULL,             -- 示例
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX courses_cover ON courses (cover_id);

-- A lesson is a video of ours or a link to somebody else's page; with neither it waits for its video and is not shown.
CREATE TABLE lessons (
    id TEXT PRIMARY KEY,
    course_id TEXT NOT NULL REFERENCES courses (id),
    no BIGINT NOT NULL,                 -- order in the course, from 1
    title TEXT NOT NULL,
    link TEXT NOT NULL,
    file_id TEXT REFERENCES public_files (id),
    shown BIGINT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (link = '' OR file_id IS NULL)
);
CREATE INDEX lessons_course ON lessons (course_id, no, id);
CREATE INDEX lessons_file ON lessons (file_id);

-- Where a signed-in worker stands in a lesson; gone when the account is closed (account::watched).
CREATE TABLE watched (
    worker_id TEXT NOT NULL REFERENCES workers (id),
    lesson_id TEXT NOT NULL REFERENCES lessons (id),
    position_s BIGINT NOT NULL,         -- where to go on
    duration_s BIGINT NOT NULL,         -- as the player says; 0 for a link
    done_at BIGINT,                     -- 已看完
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (worker_id, lesson_id)
);
