mod house;
mod rows;
