//! A MariaDB that psql browses through the gateway as if it were PostgreSQL.

use crate::gateway::Gateway;
use crate::relational::servers::{self, MySqlServer, register};

/// What is not installed.
pub fn missing() -> Option<String> {
    servers::missing()
}

const SCRIPT: &str = "
CREATE DATABASE support;
CREATE TABLE support.agents (
    id int AUTO_INCREMENT PRIMARY KEY,
    name varchar(60) NOT NULL COMMENT 'as on the badge',
    UNIQUE KEY agents_name (name)
) COMMENT 'who answers';
CREATE TABLE support.tickets (
    id int AUTO_INCREMENT PRIMARY KEY,
    agent int NOT NULL,
    subject varchar(80) COMMENT 'as the customer wrote it',
    state varchar(9) NOT NULL DEFAULT 'open',
    opened datetime,
    KEY tickets_opened (opened, agent),
    CONSTRAINT tickets_agent FOREIGN KEY (agent) REFERENCES support.agents (id) ON DELETE CASCADE
) COMMENT 'what customers ask';
CREATE TABLE support.visits (page varchar(40) NOT NULL, at date NOT NULL, PRIMARY KEY (page, at))
    PARTITION BY RANGE (year(at)) (PARTITION p2025 VALUES LESS THAN (2026), PARTITION p2026 VALUES LESS THAN (2027));
CREATE VIEW support.open_tickets AS SELECT id, subject FROM support.tickets WHERE state = 'open';
INSERT INTO support.agents (name) VALUES ('Ada');
INSERT INTO support.tickets (agent, subject) VALUES (1, 'Late')";

/// The server, and a gateway on which it is data source `desk`.
pub async fn gateway() -> (MySqlServer, Gateway) {
    let server = MySqlServer::mariadb();
    server.execute(SCRIPT).await;
    let gateway = Gateway::start();
    register(&gateway.connect("metagate").await, "desk", "mariadb", &server.options()).await;
    (server, gateway)
}
