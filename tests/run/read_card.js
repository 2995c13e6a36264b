// Reads an Adaptive Card from standard input with Microsoft's own reader and prints, as JSON, what it
// complains of, the card as it understood it, and the texts: those in which it would read Markdown,
// and those that it takes as they are.
import { readFileSync } from "node:fs";
import adaptivecards from "adaptivecards";

const { AdaptiveCard, RichTextBlock, SerializationContext, TextBlock, Versions } = adaptivecards;
const context = new SerializationContext(Versions.v1_4);
const card = new AdaptiveCard();
card.parse(JSON.parse(readFileSync(0, "utf8")), context);

const complaints = Array.from({ length: context.eventCount }, (_, i) => context.getEventAt(i).message);
complaints.push(...card.validateProperties().validationEvents.map((event) => event.message));
const items = Array.from({ length: card.getItemCount() }, (_, i) => card.getItemAt(i));
const runs = (block) => Array.from({ length: block.getInlineCount() }, (_, i) => block.getInlineAt(i));

console.log(JSON.stringify({
  complaints,
  kept: card.toJSON(context),
  markdown: items.filter((item) => item instanceof TextBlock).map((block) => block.text),
  plain: items.filter((item) => item instanceof RichTextBlock).flatMap(runs).map((run) => run.text),
}));
