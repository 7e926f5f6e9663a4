// What dotenv for node reads: one JSON line for each file of a folder. Usage: node node_dotenv.js MODULE FOLDER
const fs = require('fs')
const path = require('path')
const dotenv = require(process.argv[2])

const folder = process.argv[3]
for (const name of fs.readdirSync(folder).filter((name) => name.endsWith('.env')).sort()) {
  const keys = dotenv.parse(fs.readFileSync(path.join(folder, name), { encoding: 'utf8' }))
  console.log(JSON.stringify({ keys }))
}
