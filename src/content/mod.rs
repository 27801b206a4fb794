//! What the city publishes for everybody, signed in or not: 政策通知 and 网站资讯. Kept by the city's
//! administrators ([`Act::ManageContent`](crate::union::rights::Act::ManageContent)).

pub mod articles;
mod store;
