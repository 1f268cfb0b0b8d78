using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>The picture by which a person judges a registration.</summary>
internal static class OverlayOperation
{
    public static Operation Definition { get; } = new(
        "overlay", "Draw overlay",
        "Draws the fluorescence over the EM in three orthogonal planes, before and after registration.",
        [
            new Port("fixed", PortKind.Source, "The grey EM, or its mask where there is no image."),
            new Port("fixed_mask", PortKind.Mask, "The mitochondria of the EM, on the same grid.", Required: false),
            new Port("moving", PortKind.Volume, "The fluorescence."), new Port("transform", PortKind.Transform, "Fluorescence to EM."),
            new Port("error_map", PortKind.Volume, "The predicted error over the EM, nm: drawn as lines.", Required: false),
        ],
        [
            new Port("picture", PortKind.Volume, "Three 8-bit slices: red, green and blue."),
            new Port("views", PortKind.Volume, "With report: the layers of all views, one below the other; four 8-bit slices: EM, outline of the mask, fluorescence after and before.", Required: false),
        ],
        P.ForPicture,
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        var image = request.Input<ISliceSource>("fixed");
        BitVolume mask = image as BitVolume ?? request.OptionalInput<BitVolume>("fixed_mask")
            ?? throw new BadInputException("overlay needs fixed_mask besides a grey image: the planes to show are chosen by it.");
        OverlayPicture picture = OverlayRenderer.Render(image is BitVolume ? null : image, mask, request.Input<Volume>("moving"),
            request.Input<SpatialTransform>("transform"),
            new OverlayOptions
            {
                Color = request.Values.Get(P.OverlayColor) == "green" ? OverlayColor.Green : OverlayColor.Magenta,
                Outline = request.Values.Get(P.OverlayOutline),
                Views = request.Values.Get(P.Report),
                PredictedError = request.OptionalInput<Volume<float>>("error_map"),
            }, job);
        var panels = new JsonArray();
        foreach (OverlayPanel panel in picture.Panels)
        {
            JsonObject json = Rectangle(panel.X, panel.Y, panel.Width, panel.Height);
            json["title"] = panel.Title;
            json["nm_per_pixel"] = panel.NmPerPixel;
            panels.Add((JsonNode)json);
        }
        var bars = new JsonArray();
        foreach (OverlayScaleBar bar in picture.ScaleBars)
        {
            JsonObject json = Rectangle(bar.X, bar.Y, bar.Width, bar.Height);
            json["text"] = bar.LengthNm >= 1000
                ? (bar.LengthNm / 1000).ToString("G4", CultureInfo.InvariantCulture) + " µm"
                : bar.LengthNm.ToString("G4", CultureInfo.InvariantCulture) + " nm";
            bars.Add((JsonNode)json);
        }
        var labels = new JsonArray();
        foreach (OverlayLabel label in picture.Labels) labels.Add((JsonNode)new JsonObject { ["text"] = label.Text, ["x"] = label.X, ["y"] = label.Y });
        var outputs = new Dictionary<string, object> { ["picture"] = Planes(picture) };
        var report = new JsonObject { ["panels"] = panels, ["title_height"] = OverlayPanel.TitleHeight, ["scale_bars"] = bars, ["labels"] = labels, ["caption"] = picture.Caption, ["errors"] = picture.Errors };
        if (picture.Views.Count > 0)
        {
            (outputs["views"], JsonArray views) = Sheet(picture.Views);
            report["views"] = views;
        }
        return new OperationResult(outputs, report);
    }

    /// <summary>The views one below the other, and what and where each is.</summary>
    private static (Volume<byte> Sheet, JsonArray Json) Sheet(IReadOnlyList<OverlayView> views)
    {
        var sheet = new Volume<byte>(new Grid(new Size3(4, views.Sum(v => v.Height), views.Max(v => v.Width)), new Point3(1, 1, 1)));
        var list = new JsonArray();
        int top = 0;
        foreach (OverlayView view in views)
        {
            byte[]?[] layers = [view.Em, view.Outline, view.After, view.Before];
            for (int layer = 0; layer < layers.Length; layer++)
                for (int y = 0; y < view.Height && layers[layer] is { } pixels; y++)
                    pixels.AsSpan(y * view.Width, view.Width).CopyTo(sheet.Row(layer, top + y));
            JsonObject json = Rectangle(0, top, view.Width, view.Height);
            json["field"] = view.Field;
            json["plane"] = view.Plane.ToString().ToLowerInvariant();
            json["nm_per_pixel"] = view.NmPerPixel;
            json["first"] = new JsonArray(view.First.Z, view.First.Y, view.First.X);
            json["size"] = new JsonArray(view.Size.Z, view.Size.Y, view.Size.X);
            json["before"] = view.Before is not null;
            list.Add((JsonNode)json);
            top += view.Height;
        }
        return (sheet, list);
    }

    private static JsonObject Rectangle(int x, int y, int width, int height) =>
        new() { ["x"] = x, ["y"] = y, ["width"] = width, ["height"] = height };

    private static Volume<byte> Planes(OverlayPicture picture)
    {
        var planes = new Volume<byte>(new Grid(new Size3(3, picture.Height, picture.Width), new Point3(1, 1, 1)));
        for (int c = 0; c < 3; c++)
        {
            Span<byte> plane = planes.Slice(c);
            for (int i = 0; i < plane.Length; i++) plane[i] = picture.Rgb[3 * i + c];
        }
        return planes;
    }
}
