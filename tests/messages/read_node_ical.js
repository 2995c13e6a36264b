// Reads iCalendar files named on the command line with node-ical and prints what they say as JSON:
// one list of events, by UID, for each file.
import ical from "node-ical";

function moment(date) {
  return date.dateOnly ? date.toISOString().slice(0, 10) : date.toISOString().replace(".000Z", "Z");
}

function read(path) {
  return Object.values(ical.sync.parseFile(path))
    .filter((component) => component.type === "VEVENT")
    .map((event) => ({
      uid: event.uid,
      sequence: Number(event.sequence),
      starts: moment(event.start),
      ends: moment(event.end),
      summary: event.summary,
      status: event.status,
    }))
    .sort((a, b) => (a.uid < b.uid ? -1 : 1));
}

console.log(JSON.stringify(process.argv.slice(2).map(read)));
