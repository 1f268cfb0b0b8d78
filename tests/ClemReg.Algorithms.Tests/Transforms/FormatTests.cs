using System.Text.Json;
using ClemReg.Algorithms.Registration;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Transforms;

/// <summary>What holds for every format, and what each one's file looks like.</summary>
public sealed class FormatTests
{
    public static TheoryData<string> Readable() => [.. TransformFormats.All.Select(f => f.Name).Where(n => n is not ("ngff_displacements" or "displacement_field"))];

    private static AffineTransform MapOf(ImportedTransform read) =>
        read.Transform ?? LandmarkFit.Fit([.. read.Pairs!.Select(p => p.Moving)], [.. read.Pairs!.Select(p => p.Fixed)], LandmarkModel.Affine).Transform;

    [Theory]
    [MemberData(nameof(Readable))]
    public void An_affine_comes_back_as_it_was(string name)
    {
        ITransformFormat format = TransformFormats.Named(name);
        foreach (string unit in name.StartsWith("ec_clem", StringComparison.Ordinal) ? new[] { "um" } : ["um", "nm", "mm"])
        {
            string text = format.Text(Maps.Source(Maps.Affine, unit));
            Assert.Same(format, TransformFormats.Detect(text, "their.file"));
            Maps.Same(Maps.Affine, MapOf(format.Read(Maps.In(text, unit))));
            Maps.Same(Maps.Affine, MapOf(format.Read(Maps.In("\uFEFF" + text.Replace("\n", "\r\n", StringComparison.Ordinal), unit))));
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_cut_or_foreign_file_is_refused_by_name(string name)
    {
        ITransformFormat format = TransformFormats.Named(name);
        string text = format.Text(Maps.Source(Maps.Affine));
        foreach (string bad in new[] { "", "no such thing", "{}", "<x/>", "1,2\n3", text[..(text.Length / 2)], text[..(text.Length / 3)] })
        {
            try
            {
                // Half a landmark file may be whole lines: then it is simply shorter.
                ImportedTransform read = format.Read(Maps.In(bad));
                Assert.NotNull(read.Pairs);
                Assert.True(read.Pairs.Count < 60);
            }
            catch (BadInputException e)
            {
                Assert.Contains("their.file", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("elastix")]
    [InlineData("itk")]
    [InlineData("bigdataviewer")]
    [InlineData("mobie")]
    [InlineData("ngff_affine")]
    [InlineData("ec_clem_csv")]
    public void A_deformable_transform_is_refused_or_approximated_with_its_error(string name)
    {
        ITransformFormat format = TransformFormats.Named(name);
        Assert.Contains("affine_approximation", Assert.Throws<BadInputException>(() => format.Write(Maps.Source(new Maps.Bent()))).Message, StringComparison.Ordinal);
        ExportSource source = Maps.Source(new Maps.Bent(), controlPoints: 400, approximate: true);
        var near = MapOf(format.Read(Maps.In(format.Text(source))));
        (double rms, double maximum) = Assert.NotNull(source.ApproximationError);
        Assert.InRange(rms, 10, 200);
        Assert.True(maximum > rms);
        Assert.Contains(source.Notes, n => n.Contains("nm RMS", StringComparison.Ordinal));
        double square = source.Pairs.Average(p => Math.Pow((near.Apply(p.Moving) - p.Fixed).Length, 2));
        Assert.Equal(rms, Math.Sqrt(square), 1e-3);
    }

    [Fact]
    public void A_deformable_transform_travels_as_control_points()
    {
        var bent = new Maps.Bent();
        foreach (string name in new[] { "bigwarp_landmarks", "bigwarp_json", "ec_clem_xml" })
        {
            ITransformFormat format = TransformFormats.Named(name);
            ImportedTransform read = format.Read(Maps.In(format.Text(Maps.Source(bent, controlPoints: 300))));
            Assert.InRange(read.Pairs!.Count, 150, 300);
            foreach (LandmarkPair pair in read.Pairs) Assert.True((bent.Apply(pair.Moving) - pair.Fixed).Length < 1e-6);
            Assert.Equal(name == "bigwarp_landmarks" ? null : "thin_plate_spline", read.Fit);
            Point3 low = read.Pairs[0].Moving, high = read.Pairs[^1].Moving;
            Assert.True((low - Maps.Moving.Origin).Length < 1e-6);
            Assert.True((high - Maps.Moving.ToPhysical(10, 40, 50)).Length < 1e-6);
        }
    }

    [Fact]
    public void Without_an_image_an_affine_has_control_points_and_a_deformation_has_not()
    {
        var format = new BigWarpLandmarks();
        var source = new ExportSource(Maps.Affine, LengthUnit.Micrometre);
        Maps.Same(Maps.Affine, MapOf(format.Read(Maps.In(format.Text(source)))));
        Assert.Contains(source.Notes, n => n.Contains("moving", StringComparison.Ordinal));
        Assert.Contains("Give the image as moving", Assert.Throws<BadInputException>(() => format.Write(new ExportSource(new Maps.Bent(), LengthUnit.Micrometre))).Message, StringComparison.Ordinal);
        LandmarkPair[] own = [.. Enumerable.Range(0, 10).Select(i => new LandmarkPair("a" + i, new Point3(i, i * i, 7), new Point3(1, 2, i)))];
        var withOwn = new ExportSource(new Maps.Bent(), LengthUnit.Micrometre) { OwnPairs = own };
        Assert.Equal(own, withOwn.Pairs);
        Assert.Equal(5, new ExportSource(new Maps.Bent(), LengthUnit.Micrometre, 8) { OwnPairs = own }.Pairs.Count);
    }

    [Theory]
    [InlineData(8, 2, 2, 2)]
    [InlineData(60, 3, 4, 5)]
    [InlineData(1000, 8, 10, 12)]
    public void The_lattice_is_about_even(int count, int z, int y, int x) => Assert.Equal(new Size3(z, y, x), Lattice.Counts(Maps.Moving, count));

    [Fact]
    public void A_single_slice_still_gives_a_solid_lattice()
    {
        var slice = new Grid(new Size3(1, 100, 100), new Point3(50, 10, 10));
        Point3[] points = [.. Lattice.Over(slice, 100)];
        Assert.Equal(2, points.Select(p => p.Z).Distinct().Count());
        Assert.InRange(points.Length, 60, 100);
    }

    // --- the files themselves; small enough to check by hand

    [Fact]
    public void BigWarp_landmarks_are_quoted_x_y_z_moving_then_fixed()
    {
        string[] lines = new BigWarpLandmarks().Text(Maps.Source(Maps.Shift, controlPoints: 8)).Split('\n');
        Assert.Equal("\"Pt-0\",\"true\",\"0.01\",\"0.02\",\"0.03\",\"1.01\",\"2.02\",\"3.03\"", lines[0]);
        Assert.Equal("\"Pt-1\",\"true\",\"5.01\",\"0.02\",\"0.03\",\"6.01\",\"2.02\",\"3.03\"", lines[1]);
    }

    [Fact]
    public void BigWarp_landmarks_are_read_with_and_without_quotes_and_inactive_ones_left_out()
    {
        ImportedTransform read = new BigWarpLandmarks().Read(Maps.In("\"Pt-0\",\"true\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"\nPt-1,true,1.5,2,3,4,5,6\nPt-2,false,1,2,3,4,5,6\nPt-3,true,1,2,3,Infinity,Infinity,Infinity\n\n"));
        Assert.Equal(2, read.Skipped);
        Assert.Equal(new LandmarkPair("Pt-0", new Point3(3000, 2000, 1000), new Point3(6000, 5000, 4000)), read.Pairs![0]);
        Assert.Equal(1500, read.Pairs[1].Moving.X);
        Assert.Equal(2, read.Pairs.Count);
    }

    [Theory]
    [InlineData("Pt-0,true,1,2,3,4", "line 1: 6 columns are a 2-D landmark")]
    [InlineData("Pt-0,true,1,2,3,4,5,6\nPt-1,true,1,2,3,4,5", "line 2: 7 columns")]
    [InlineData("name,active,mx,my,mz,fx,fy,fz", "line 1: the second column is 'active'")]
    [InlineData("Pt-0,true,1,2,three,4,5,6", "line 1: column 5 is 'three'")]
    [InlineData("Pt-0,true,1,2,NaN,4,5,6", "line 1: column 5 is 'NaN'")]
    [InlineData("\n\n", "no landmarks")]
    public void Bad_BigWarp_landmarks(string text, string message) => Refused(new BigWarpLandmarks(), text, message);

    [Fact]
    public void BigWarp_json_has_the_keys_that_BigWarp_reads()
    {
        using JsonDocument json = JsonDocument.Parse(new BigWarpJson().Text(Maps.Source(Maps.Shift, controlPoints: 8)));
        JsonElement root = json.RootElement, landmarks = root.GetProperty("landmarks");
        Assert.Equal("Affine", root.GetProperty("type").GetString());
        Assert.Equal("BigWarpLandmarks", landmarks.GetProperty("type").GetString());
        Assert.Equal("[0.01,0.02,0.03]", landmarks.GetProperty("movingPoints")[0].GetRawText());
        Assert.Equal("[1.01,2.02,3.03]", landmarks.GetProperty("fixedPoints")[0].GetRawText());
        Assert.Equal(8, landmarks.GetProperty("active").GetArrayLength());
        Assert.Equal("Pt-7", landmarks.GetProperty("names")[7].GetString());
    }

    [Fact]
    public void BigWarp_json_with_unset_points_is_read()
    {
        const string text = """{"type":"Rotation","landmarks":{"type":"BigWarpLandmarks","numDimensions":3,"movingPoints":[[1.0,2.0,3.0],[4,5,6]],"fixedPoints":[[1,2,3],[Infinity,Infinity,-Infinity]],"active":[true,true],"names":["Infinity","b"]}}""";
        ImportedTransform read = new BigWarpJson().Read(Maps.In(text));
        Assert.Equal(("rigid", 1, new Point3(3000, 2000, 1000)), (read.Fit, read.Skipped, Assert.Single(read.Pairs!).Fixed));
        Refused(new BigWarpJson(), text.Replace("\"numDimensions\":3", "\"numDimensions\":2", StringComparison.Ordinal), "numDimensions");
        Refused(new BigWarpJson(), text.Replace("[4,5,6]", "[4,5]", StringComparison.Ordinal), "\"movingPoints\" number 2");
        Refused(new BigWarpJson(), text.Replace("[true,true]", "[true]", StringComparison.Ordinal), "1 active");
    }

    [Fact]
    public void Elastix_maps_fixed_to_moving_in_x_y_z()
    {
        string text = new ElastixParameters().Text(Maps.Source(Maps.Shift));
        Assert.Contains("(TransformParameters 1 0 0 0 1 0 0 0 1 -1 -2 -3)\n", text, StringComparison.Ordinal);
        Assert.Contains("(Size 300 200 100)\n", text, StringComparison.Ordinal);
        Assert.Contains("(Spacing 0.01 0.01 0.02)\n(Origin -0.007 -0.006 -0.005)\n", text, StringComparison.Ordinal);
    }

    private const string Elastix = "(Transform \"AffineTransform\")\n(TransformParameters 1 0 0 0 1 0 0 0 1 -1 -2 -3)\n(CenterOfRotationPoint 5 6 7)\n";

    [Theory]
    [InlineData("AffineTransform", "BSplineTransform", "line 1: the transform is a BSplineTransform")]
    [InlineData("(Transform \"AffineTransform\")", "", "no (Transform")]
    [InlineData(" -3)", ")", "line 2, TransformParameters of a 3-D AffineTransform: 11 numbers")]
    [InlineData("-3", "x", "'x' is not a finite number")]
    [InlineData("(CenterOfRotationPoint 5 6 7)", "", "no (CenterOfRotationPoint")]
    [InlineData("(CenterOfRotationPoint 5 6 7)", "CenterOfRotationPoint", "line 3: 'CenterOfRotationPoint' is not of the form")]
    [InlineData("(Transform ", "(InitialTransformParametersFileName \"TransformParameters.0.txt\")\n(Transform ", "begins with another one (TransformParameters.0.txt)")]
    [InlineData("(Transform ", "(FixedImageDimension 2)\n(Transform ", "FixedImageDimension is 2")]
    [InlineData("(Transform ", "(Direction 0 1 0 1 0 0 0 0 1)\n(Transform ", "Direction is not the identity")]
    public void Bad_elastix(string from, string to, string message) => Refused(new ElastixParameters(), Elastix.Replace(from, to, StringComparison.Ordinal), message);

    [Fact]
    public void Itk_is_its_own_text()
    {
        var format = new ItkTransform();
        string text = format.Text(Maps.Source(Maps.Shift));
        Assert.Equal("#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: 1 0 0 0 1 0 0 0 1 -1 -2 -3\nFixedParameters: 0 0 0\n", text);
        Maps.Same(Maps.Shift, format.Read(Maps.In(text.Replace("Affine", "MatrixOffsetTransformBase", StringComparison.Ordinal).Replace("BaseTransform", "Base", StringComparison.Ordinal))).Transform!);
        Refused(format, text.Replace("AffineTransform", "BSplineTransform", StringComparison.Ordinal), "line 3: BSplineTransform_double_3_3 cannot be read");
        Refused(format, text.Replace("3_3", "2_2", StringComparison.Ordinal), "not a transform of three dimensions");
        Refused(format, text + "Transform: TranslationTransform_double_3_3\n", "more than one transform");
        Refused(format, text.Replace("FixedParameters: 0 0 0\n", "", StringComparison.Ordinal), "no FixedParameters");
        Refused(format, text.Replace("-3\n", "\n", StringComparison.Ordinal), "11 numbers, where 12");
    }

    [Theory]
    [InlineData("Similarity3DTransform_double_3_3\nParameters: 0 0 0.7071067811865475 1 2 3 2\nFixedParameters: 0 0 0", 2)]
    [InlineData("Similarity3DTransform_float_3_3\nParameters: 0 0 0.7071067811865475 0 2 3 2\nFixedParameters: 1 0 0", 0)]
    public void Itk_similarity_turns_by_a_quarter_and_doubles(string text, double y)
    {
        AffineTransform map = new ItkTransform().Read(Maps.In("#Insight Transform File V1.0\n#Transform 0\nTransform: " + text)).Transform!.Inverse();
        Point3 origin = map.Apply(new Point3());
        Assert.True((origin - new Point3(3000, 1000 * y, 1000)).Length < 1e-6, origin.ToString());
        // One more along x becomes two more along y.
        Point3 x = map.Apply(new Point3(0, 0, 1000));
        Assert.True((x - origin - new Point3(0, 2000, 0)).Length < 1e-6, x.ToString());
    }

    /// <summary>Files that ITK 5.2 wrote (TransformFileWriter) about the centre (1, 2, 3), and where its TransformPoint sends (30, -20, 5).</summary>
    [Theory]
    [InlineData("Similarity3DTransform_double_3_3\nParameters: 0.1 -0.3 0.2 4 -5 6 1.25\nFixedParameters: 1 2 3", 42.384937571, -17.241934106, 30.819630055)]
    [InlineData("Euler3DTransform_double_3_3\nParameters: 0.3 -0.5 0.7 4 -5 6\nFixedParameters: 1 2 3 0", 40.252621714, -6.836667528, 17.457697355)]
    [InlineData("VersorRigid3DTransform_double_3_3\nParameters: 0.1 -0.3 0.2 4 -5 6\nFixedParameters: 1 2 3", 34.907950057, -14.393547285, 26.455704044)]
    public void Files_of_Itk_are_read_as_Itk_means_them(string text, double x, double y, double z)
    {
        AffineTransform map = new ItkTransform().Read(Maps.In("#Insight Transform File V1.0\n#Transform 0\nTransform: " + text + "\n")).Transform!.Inverse();
        Point3 moved = map.Apply(new Point3(5000, -20000, 30000));
        Assert.True((moved - new Point3(1000 * z, 1000 * y, 1000 * x)).Length < 1e-4, moved.ToString());
    }

    [Fact]
    public void BigDataViewer_lists_the_registration_before_the_calibration()
    {
        string text = new BigDataViewerXml().Text(Maps.Source(Maps.Shift));
        int ours = text.IndexOf("<affine>1 0 0 1 0 1 0 2 0 0 1 3</affine>", StringComparison.Ordinal);
        int calibration = text.IndexOf("<affine>0.1 0 0 0.01 0 0.1 0 0.02 0 0 0.3 0.03</affine>", StringComparison.Ordinal);
        Assert.True(ours > 0 && calibration > ours, text);
        Assert.Contains("<size>51 41 11</size>", text, StringComparison.Ordinal);
        Assert.Contains("<unit>um</unit>", text, StringComparison.Ordinal);
        Assert.Contains("moving_spacing", Assert.Throws<BadInputException>(() => new BigDataViewerXml().Write(new ExportSource(Maps.Shift, LengthUnit.Micrometre))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BigDataViewer_with_both_images_in_a_world()
    {
        // Fluorescence: voxels of 0.1 um, shifted by 5 along x. EM: voxels of 10 nm (in um), shifted by 1 along x.
        const string text = """
            <SpimData version="0.2"><SequenceDescription><ViewSetups>
            <ViewSetup><id>0</id><voxelSize><unit>µm</unit><size>0.01 0.01 0.02</size></voxelSize></ViewSetup>
            <ViewSetup><id>3</id><voxelSize><unit>micrometer</unit><size>0.1 0.1 0.3</size></voxelSize></ViewSetup>
            </ViewSetups></SequenceDescription><ViewRegistrations>
            <ViewRegistration timepoint="0" setup="0"><ViewTransform type="affine"><affine>1 0 0 1 0 1 0 0 0 0 1 0</affine></ViewTransform><ViewTransform type="affine"><affine>0.01 0 0 0 0 0.01 0 0 0 0 0.02 0</affine></ViewTransform></ViewRegistration>
            <ViewRegistration timepoint="0" setup="3"><ViewTransform type="affine"><affine>1 0 0 5 0 1 0 0 0 0 1 0</affine></ViewTransform><ViewTransform type="affine"><affine>0.1 0 0 0 0 0.1 0 0 0 0 0.3 0</affine></ViewTransform></ViewRegistration>
            </ViewRegistrations></SpimData>
            """;
        var format = new BigDataViewerXml();
        ImportSource In(string item, string t = text) => new(t, "their.file", LengthUnit.Micrometre, Item: item);
        Maps.Same(new AffineTransform([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 5000]), format.Read(In("3")).Transform!);
        Maps.Same(new AffineTransform([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 4000]), format.Read(In("3,0")).Transform!);
        Assert.Contains("2 setups (0, 3). Name the fluorescence's with item", Assert.Throws<BadInputException>(() => format.Read(In(""))).Message, StringComparison.Ordinal);
        Assert.Contains("no setup 7. Setups: 0, 3", Assert.Throws<BadInputException>(() => format.Read(In("7"))).Message, StringComparison.Ordinal);
        Assert.Contains("unit 'pixel'", Assert.Throws<BadInputException>(() => format.Read(In("3", text.Replace("micrometer", "pixel", StringComparison.Ordinal)))).Message, StringComparison.Ordinal);
        Assert.Contains("11 numbers", Assert.Throws<BadInputException>(() => format.Read(In("3", text.Replace("0.3 0<", "0.3<", StringComparison.Ordinal)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mobie_is_a_table_of_two_images()
    {
        var format = new MobieTable();
        string text = format.Text(Maps.Source(Maps.Shift));
        Assert.Equal("uri\tname\ttype\tchannel\tcolor\tblend\taffine\nem.tif\tem\tintensities\t0\twhite\tsum\t(1,0,0,0,0,1,0,0,0,0,1,0)\n"
            + "fm.tif\tfluorescence\tintensities\t0\tr(0)-g(255)-b(0)-a(255)\tsum\t(1,0,0,1,0,1,0,2,0,0,1,3)\n", text);
        Maps.Same(AffineTransform.Identity, format.Read(Maps.In(text, item: "em.tif")).Transform!);
        Maps.Same(Maps.Shift, format.Read(Maps.In("uri,affine\na.tif,\nb.tif,\"(1,0,0,1,0,1,0,2,0,0,1,3)\"\n")).Transform!);
        Refused(format, text.Replace("(1,0,0,0,", "(2,0,0,0,", StringComparison.Ordinal), "2 images have an affine (em, fluorescence)");
        Refused(format, text.Replace("(1,0,0,1", "(1,0,0", StringComparison.Ordinal), "line 3, affine: 11 numbers");
        Refused(format, text.Replace("(1,0,0,1,0,1,0,2,0,0,1,3)", "transforms.tsv", StringComparison.Ordinal), "Transform tables cannot be read");
        Refused(format, text.Replace("affine", "matrix", StringComparison.Ordinal), "columns uri and affine");
    }

    [Fact]
    public void Ngff_is_in_the_order_of_its_axes()
    {
        var format = new NgffAffine();
        string text = format.Text(Maps.Source(Maps.Affine));
        using JsonDocument json = JsonDocument.Parse(text);
        JsonElement ome = json.RootElement.GetProperty("attributes").GetProperty("ome"), scene = ome.GetProperty("scene");
        Assert.Equal("0.6", ome.GetProperty("version").GetString());
        JsonElement transform = scene.GetProperty("coordinateTransformations")[0];
        Assert.Equal("fluorescence", transform.GetProperty("input").GetProperty("name").GetString());
        Assert.Equal("em", transform.GetProperty("output").GetProperty("name").GetString());
        Assert.Equal([1.1, 0.02, -0.03, 4], transform.GetProperty("affine")[0].EnumerateArray().Select(v => v.GetDouble()));
        JsonElement axis = scene.GetProperty("coordinateSystems")[1].GetProperty("axes")[0];
        Assert.Equal(("z", "space", "micrometer"), (axis.GetProperty("name").GetString(), axis.GetProperty("type").GetString(), axis.GetProperty("unit").GetString()));
        // The file's own unit goes before the one that the user names.
        Maps.Same(Maps.Affine, format.Read(Maps.In(text, "nm")).Transform!);
        Refused(format, text.Replace("\"version\": \"0.6\"", "\"version\": \"0.5\"", StringComparison.Ordinal), "version 0.5");
        Refused(format, text.Replace("\"scene\"", "\"seen\"", StringComparison.Ordinal), "no \"scene\"");
        Refused(format, text.Replace("\"type\": \"affine\"", "\"type\": \"displacements\"", StringComparison.Ordinal), "type displacements cannot be read");
        Refused(format, text.Replace("\"z\"", "\"t\"", StringComparison.Ordinal), "the axes of fluorescence are t, y, x");
    }

    [Fact]
    public void Ngff_sequences_act_in_order()
    {
        const string text = """
            {"ome": {"version": "0.6", "scene": {"coordinateTransformations": [{"type": "sequence", "input": {"name": "a"}, "output": {"name": "b"}, "transformations":
            [{"type": "scale", "scale": [2, 3, 4]}, {"type": "rotation", "rotation": [[0, 1, 0], [1, 0, 0], [0, 0, 1]]}, {"type": "translation", "translation": [1, 0, 0]}]}]}}}
            """;
        Assert.Equal(new Point3(3000 + 1000, 2000, 4000), new NgffAffine().Read(Maps.In(text)).Transform!.Apply(new Point3(1000, 1000, 1000)));
    }

    [Fact]
    public void Ngff_displacements_are_a_zarr_array_of_the_lattice()
    {
        var bent = new Maps.Bent();
        IReadOnlyList<OutputFile> files = new NgffDisplacements().Write(Maps.Source(bent, controlPoints: 60));
        Assert.Equal(["zarr.json", "coordinateTransformations/zarr.json", "coordinateTransformations/displacements/zarr.json",
            "coordinateTransformations/displacements/s0/zarr.json", "coordinateTransformations/displacements/s0/c/0/0/0/0"], files.Select(f => f.Path));
        using JsonDocument array = JsonDocument.Parse(files[3].Text!);
        Assert.Equal("[3,3,4,5]", JsonSerializer.Serialize(array.RootElement.GetProperty("shape")));
        byte[] chunk = files[4].Bytes!;
        Assert.Equal(3 * 60 * 4, chunk.Length);
        Point3[] lattice = [.. Lattice.Over(Maps.Moving, 60)];
        Point3 d = bent.Apply(lattice[37]) - lattice[37];
        for (int a = 0; a < 3; a++) Assert.Equal(d[a] / 1000, BitConverter.ToSingle(chunk, 4 * (a * 60 + 37)), 1e-5);
        Assert.Contains("moving", Assert.Throws<BadInputException>(() => new NgffDisplacements().Write(new ExportSource(bent, LengthUnit.Micrometre))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EcClem_counts_from_the_first_pixel_in_micrometres()
    {
        // The origins (10, 20, 30) and (-7, -6, -5) nm are taken out: 1 + 0.01 + 0.007, ...
        Assert.Equal("1,0,0,1.017\n0,1,0,2.026\n0,0,1,3.035\n0,0,0,1\n", new EcClemCsv().Text(Maps.Source(Maps.Shift)));
        string text = new EcClemXml().Text(Maps.Source(Maps.Shift, controlPoints: 8));
        Assert.Contains("m03=\"1.017\"", text, StringComparison.Ordinal);
        Assert.Contains("<dimensionSize name=\"Z\" pixelSize=\"0.3\">11</dimensionSize>", text, StringComparison.Ordinal);
        Assert.Contains("<dataset type=\"source\" n=\"8\" dimension=\"3\" pointType=\"FIDUCIAL\">", text, StringComparison.Ordinal);
        Assert.Contains("um for ec_clem_xml", Assert.Throws<BadInputException>(() => new EcClemXml().Write(Maps.Source(Maps.Shift, "nm"))).Message, StringComparison.Ordinal);
        Refused(new EcClemXml(), text.Replace("m33", "m44", StringComparison.Ordinal), "no m33");
        Refused(new EcClemXml(), text.Replace("m33=\"1\"", "m33=\"2\"", StringComparison.Ordinal), "last row");
        Refused(new EcClemCsv(), "1,0,0\n0,1,0\n0,0,1\n", "line 1: 3 numbers, where 4");
        // Without the matrix the landmarks are taken.
        ImportedTransform read = new EcClemXml().Read(Maps.In(System.Text.RegularExpressions.Regex.Replace(text, "<Matrix[^>]*/>", "")));
        Assert.Equal("affine", read.Fit);
        Maps.Same(Maps.Shift, MapOf(read));
    }

    [Fact]
    public void Singular_matrices_have_no_inverse() => Refused(new ItkTransform(), "#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\nParameters: 1 0 0 0 1 0 0 0 0 0 0 0\nFixedParameters: 0 0 0", "singular", named: false);

    private static void Refused(ITransformFormat format, string text, string message, bool named = true)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => format.Read(Maps.In(text)));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        if (named) Assert.Contains("their.file", e.Message, StringComparison.Ordinal);
    }
}
