//! The binary `metagate`.

use std::process::ExitCode;

use clap::Parser;
use gateway::config::{Command, CommandLine, Config, Options, RoleCommand, StoreCommand};
use spi::Result;

fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("metagate: {}", error.message);
            for (label, text) in [("detail", &error.detail), ("hint", &error.hint)] {
                if let Some(text) = text {
                    eprintln!("{label}: {text}");
                }
            }
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(line: CommandLine) -> Result<ExitCode> {
    match line.command {
        None => serve(line.options).await,
        Some(Command::Serve(options)) => serve(*options).await,
        Some(Command::Store { command: StoreCommand::Verify(options) }) => gateway::verify_store(&Config::new(*options)?).await,
        Some(Command::Role { command: RoleCommand::ResetPassword { name, options } }) => {
            let password = gateway::reset_password(&Config::new(*options)?, &name).await?;
            println!("role \"{name}\" has the new password {}", password.expose());
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Reference { folder }) => {
            gateway::write_reference(&folder, gateway::connectors::all())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve(options: Options) -> Result<ExitCode> {
    let config = Config::new(options)?;
    gateway::init_log(&config.log, config.log_format)?;
    gateway::serve(config, gateway::connectors::all()).await?;
    Ok(ExitCode::SUCCESS)
}
