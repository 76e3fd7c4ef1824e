/** What a sliver has sent since the day began, beside its limit, in words. Pure. */
import type { DayTraffic, SliverTraffic } from '@nodemgr/contracts';
import { byteText, rateText } from '@nodemgr/records';

/** sentTodayText returns what one branch has sent today: '900 MB of 1 GB'. */
export function sentTodayText({ sent_bytes, limit }: DayTraffic): string {
  const sent = byteText(sent_bytes);
  return limit === undefined ? sent : `${sent} of ${byteText(limit.max_bytes)}`;
}

const withCut = (day: DayTraffic): string =>
  day.cut === undefined
    ? sentTodayText(day)
    : `${sentTodayText(day)}, cut to ${rateText(day.cut.rate)}`;

/** todayText returns what a sliver has sent today, to whom and under which limits; undefined: nothing is counted. */
export function todayText(today: SliverTraffic['today']): string | undefined {
  const parts = [
    ...(today?.ordinary === undefined ? [] : [withCut(today.ordinary)]),
    ...(today?.exempt === undefined ? [] : [`to exempt networks ${withCut(today.exempt)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}
