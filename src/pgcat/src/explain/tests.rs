//! The form of plans.

use super::Node;

#[test]
fn nodes_stand_below_each_other_as_in_postgresql() {
    let scan = Node::new("Index Scan using pg_class_oid_index on pg_class c").detail("Index Cond", &["(oid = a.attrelid)".to_owned()]);
    let parts = ["(a.attnum > 0)".to_owned(), "(NOT a.attisdropped)".to_owned()];
    let outer = Node::new("Seq Scan on pg_attribute a").detail("Filter", &parts);
    let mut join = Node::new("Nested Loop").child(outer).child(scan);
    join.children.insert(0, (Some("CTE x".to_owned()), Node::new("Result")));
    let mut lines = Vec::new();
    Node::new("Limit").child(join).print("", "", &mut lines);
    let expected = [
        "Limit",
        "  ->  Nested Loop",
        "        CTE x",
        "          ->  Result",
        "        ->  Seq Scan on pg_attribute a",
        "              Filter: ((a.attnum > 0) AND (NOT a.attisdropped))",
        "        ->  Index Scan using pg_class_oid_index on pg_class c",
        "              Index Cond: (oid = a.attrelid)",
    ];
    assert_eq!(lines, expected);
}
