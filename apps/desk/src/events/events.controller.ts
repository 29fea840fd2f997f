import { parseEventPlace, ROUTES } from '@app/contracts';
import { Refused } from '@app/platform';
import { Controller, Get, Header, Headers, StreamableFile, UseGuards } from '@nestjs/common';
import { SignedIn, type Staff, StaffGuard } from '../session/staff.guard.js';
import { EventsService } from './events.service.js';

@Controller()
@UseGuards(StaffGuard)
export class EventsController {
  readonly #events: EventsService;

  constructor(events: EventsService) {
    this.#events = events;
  }

  @Get(ROUTES.events.path)
  @Header('content-type', 'text/event-stream')
  async listen(
    @SignedIn() staff: Staff,
    @Headers('last-event-id') header: string | undefined,
  ): Promise<StreamableFile> {
    const last = header === undefined ? undefined : parseEventPlace(header);
    if (header !== undefined && last === undefined) throw new Refused('invalid_request', { pointer: '' });
    return new StreamableFile(await this.#events.open(staff, last));
  }
}
