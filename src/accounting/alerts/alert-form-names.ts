/** The forms in which an alert can be sent. */
export const ALERT_FORMS = ['json', 'slack', 'discord', 'ntfy'] as const
export type AlertForm = (typeof ALERT_FORMS)[number]
