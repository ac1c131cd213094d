//! Topics: few, and read with nearly everything.

use densach_domain::Timestamp;
use densach_domain::id::TopicId;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::{Reads, Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRow {
    pub id: TopicId,
    pub slug: String,
    pub name: String,
    pub name_en: String,
    pub position: i64,
}

#[derive(FromQueryResult)]
struct Raw {
    id: Uuid,
    slug: String,
    name: String,
    name_en: String,
    position: i64,
}

impl<C: ConnectionTrait> Reads<C> {
    /// All topics in their order.
    pub async fn topics(&self) -> Result<Vec<TopicRow>> {
        let sql = "SELECT id, slug, name, name_en, position FROM topic ORDER BY position, slug";
        let rows: Vec<Raw> = self.all(sql, vec![]).await?;
        let topic = |Raw { id, slug, name, name_en, position }| TopicRow {
            id: TopicId::from_uuid(id),
            slug,
            name,
            name_en,
            position,
        };
        Ok(rows.into_iter().map(topic).collect())
    }
}

impl Tx {
    /// Writes a topic, or its new names when the slug is known. Works keep pointing to it.
    pub async fn topic_put(&self, topic: &TopicRow) -> Result<()> {
        let sql = "INSERT INTO topic (id, slug, name, name_en, position) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (slug) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, \
                   position = excluded.position";
        let values = vec![
            topic.id.uuid().into(),
            topic.slug.clone().into(),
            topic.name.clone().into(),
            topic.name_en.clone().into(),
            topic.position.into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Where a released work stands in the lists of its topics.
    pub(crate) async fn work_topics_replace(
        &self,
        work: Uuid,
        topics: &[TopicId],
        released_at: Timestamp,
    ) -> Result<()> {
        self.execute("DELETE FROM work_topic WHERE work_id = $1", vec![work.into()]).await?;
        for topic in topics {
            let sql = "INSERT INTO work_topic (topic_id, work_id, released_at) VALUES ($1, $2, $3) \
                       ON CONFLICT (topic_id, work_id) DO NOTHING";
            self.execute(sql, vec![topic.uuid().into(), work.into(), released_at.ms().into()]).await?;
        }
        Ok(())
    }
}
