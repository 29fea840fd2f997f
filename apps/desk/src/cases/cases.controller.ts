import {
  type CaseFile,
  type CaseList,
  type CaseTag,
  caseListQuerySchema,
  ROUTES,
  staffActSchema,
  type staffActReceiptSchema,
} from '@app/contracts';
import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
  SerializeOptions,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { z } from 'zod';
import { hasTag, IfMatch, type Repeatable, RepeatableBy } from '../request-headers.js';
import { SignedIn, type Staff, StaffGuard } from '../session/staff.guard.js';
import { ActsService } from './acts.service.js';
import { CasesService } from './cases.service.js';

type Reply = { header(name: string, value: string): unknown; code(status: number): unknown };

const CASE = ROUTES.caseFile.params;
const PART = ROUTES.casePart.params;

@Controller()
@UseGuards(StaffGuard)
export class CasesController {
  readonly #cases: CasesService;
  readonly #acts: ActsService;

  constructor(cases: CasesService, acts: ActsService) {
    this.#cases = cases;
    this.#acts = acts;
  }

  @Get(ROUTES.cases.path)
  @SerializeOptions({ schema: ROUTES.cases.response })
  list(
    @SignedIn() staff: Staff,
    @Query({ schema: caseListQuerySchema }) query: z.infer<typeof caseListQuerySchema>,
  ): Promise<CaseList> {
    return this.#cases.list(staff, query);
  }

  @Get(ROUTES.caseFile.path)
  @SerializeOptions({ schema: ROUTES.caseFile.response })
  async file(
    @SignedIn() staff: Staff,
    @Param({ schema: CASE }) params: z.infer<typeof CASE>,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<CaseFile | undefined> {
    const { tag, file } = await this.#cases.file(staff, params.case, (current) => hasTag(known, current));
    reply.header('etag', tag);
    if (file === undefined) reply.code(304);
    return file;
  }

  @Get(ROUTES.casePart.path)
  @Header('content-type', 'application/octet-stream')
  async part(
    @SignedIn() staff: Staff,
    @Param({ schema: PART }) params: z.infer<typeof PART>,
  ): Promise<StreamableFile> {
    return new StreamableFile(await this.#cases.part(staff, params.case, params.blob, params.part));
  }

  @Post(ROUTES.caseAct.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.caseAct.response })
  async act(
    @SignedIn() staff: Staff,
    @Param({ schema: CASE }) params: z.infer<typeof CASE>,
    @Body({ schema: staffActSchema }) body: z.output<typeof staffActSchema>,
    @RepeatableBy() repeatable: Repeatable,
    @IfMatch() ifMatch: CaseTag,
  ): Promise<z.infer<typeof staffActReceiptSchema>> {
    return { receipt: await this.#acts.act(staff, params.case, body, repeatable, ifMatch) };
  }
}
