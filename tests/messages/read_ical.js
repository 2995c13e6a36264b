// Reads iCalendar files named on the command line with ical.js and prints what they say as JSON:
// one list of events for each file.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

function start(property) {
  const time = property.getFirstValue();
  if (time.isDate) {
    return time.toString();
  }
  return new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");
}

function read(path) {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(path, "utf8")));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  return calendar.getAllSubcomponents("vevent").map((event) => ({
    uid: event.getFirstPropertyValue("uid"),
    sequence: event.getFirstPropertyValue("sequence"),
    starts: start(event.getFirstProperty("dtstart")),
    ends: start(event.getFirstProperty("dtend")),
    summary: event.getFirstPropertyValue("summary"),
    description: event.getFirstPropertyValue("description"),
    status: event.getFirstPropertyValue("status"),
    attendees: event.getAllProperties("attendee").map((p) => p.getFirstValue()),
  }));
}

console.log(JSON.stringify(process.argv.slice(2).map(read)));
