import { Controller, Get, Param } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { panelListSchema, panelSchema, type PanelListItem, type PanelResponse } from './panel-response.js';
import { PanelsService } from './panels.service.js';

@ApiTags('panels')
@Controller('api/panels')
export class PanelsController {
  constructor(private readonly panels: PanelsService) {}

  @Get()
  @ApiOperation({ summary: 'Panels: the built-in ones and those of conclave.yaml' })
  @ApiResponse({ status: 200, standardSchema: panelListSchema })
  @ApiProblems()
  list(): { data: PanelListItem[] } {
    return { data: this.panels.list() };
  }

  @Get(':name')
  @ApiOperation({ summary: 'Members, stages, number of calls and estimated price of a panel, before the first call' })
  @ApiParam({ name: 'name', schema: { type: 'string', minLength: 1 }, description: 'A stored panel, or any model name; slashes may be encoded or not', example: 'gremium-consensus' })
  @ApiResponse({ status: 200, standardSchema: panelSchema })
  @ApiProblems(404, 414)
  show(@Param('name') name: string): PanelResponse {
    return this.panels.show(name);
  }

  @Get(':first/*')
  @ApiExcludeEndpoint()
  showWithSlashes(@Param() { first, '*': rest }: Record<string, string>): PanelResponse {
    return this.panels.show(`${first ?? ''}/${rest ?? ''}`);
  }
}
