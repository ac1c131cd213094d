//! Goals of study hours.

use densach_domain::goal::{Goal, GoalOwner, GoalPeriod};
use densach_store::testkit::TestDatabase;

use crate::{BRANCH_1, BRANCH_2, NOW, at, begin, citizen, id, join, plant};

contract! {
    a_goal_replaces_the_one_before
    an_association_suggests_goals_to_its_members
}

fn goal(number: u128, owner: GoalOwner, period: GoalPeriod, minutes: i32) -> Goal {
    Goal { id: id(number), owner, period, minutes }
}

async fn a_goal_replaces_the_one_before(db: &TestDatabase) {
    let (who, other) = (citizen(db, 1, "Lê An").await, citizen(db, 2, "Lê Bình").await);
    let mine = GoalOwner::Citizen(who);
    let week = goal(3, mine, GoalPeriod::Week, 90);
    let month = goal(2, mine, GoalPeriod::Month, 300);
    let theirs = goal(4, GoalOwner::Citizen(other), GoalPeriod::Week, 30);
    let tx = begin(db).await;
    tx.goal_set(&goal(1, mine, GoalPeriod::Week, 60), NOW).await.unwrap();
    tx.goal_set(&month, at(1)).await.unwrap();
    tx.goal_set(&theirs, at(1)).await.unwrap();
    tx.goal_set(&week, at(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().goals(who, at(3)).await.unwrap(), [month, week]);
    assert_eq!(db.store().goals(other, at(3)).await.unwrap(), [theirs]);
}

async fn an_association_suggests_goals_to_its_members(db: &TestDatabase) {
    plant(db).await;
    let who = citizen(db, 1, "Lê An").await;
    join(db, 1, who, BRANCH_1, at(60)).await;
    let suggested = goal(2, GoalOwner::Unit(BRANCH_1), GoalPeriod::Month, 600);
    let own = goal(4, GoalOwner::Citizen(who), GoalPeriod::Month, 300);
    let tx = begin(db).await;
    tx.goal_set(&goal(1, GoalOwner::Unit(BRANCH_1), GoalPeriod::Month, 500), NOW).await.unwrap();
    tx.goal_set(&suggested, at(1)).await.unwrap();
    tx.goal_set(&goal(3, GoalOwner::Unit(BRANCH_2), GoalPeriod::Month, 900), at(1)).await.unwrap();
    tx.goal_set(&own, at(2)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store().goals(who, at(59)).await.unwrap(), [own]);
    assert_eq!(db.store().goals(who, at(60)).await.unwrap(), [suggested, own]);
}
